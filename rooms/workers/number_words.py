"""The numbers of workers and rooms in words and units, and which of them need attention.

The admin's pages and ``manage.py workers`` show the same columns, described in docs/operations.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rooms.workers import units
from rooms.workers.numbers import WorkerNow
from sfu_worker.numbers import LATE_SECONDS, RoomNumbers

# Of a core: a burst of key frames takes the rest.
CPU_FULL = 0.85

# Of what people send, after repair: more is visible and audible.
LOSS_LEFT = 0.02

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    label: str | Promise
    text: Callable[[T], str]


def people(room: RoomNumbers) -> str:
    """The number of people, streams included and viewers not."""
    more = []
    if room.streams:
        more.append(
            ngettext("%(count)d stream", "%(count)d streams", room.streams)
            % {"count": room.streams}
        )
    if room.viewers:
        more.append(
            ngettext("%(count)d viewer", "%(count)d viewers", room.viewers)
            % {"count": room.viewers}
        )
    return f"{room.people} ({', '.join(more)})" if more else str(room.people)


def tracks(room: RoomNumbers) -> str:
    return _("%(audio)d audio, %(video)d video") % {
        "audio": room.audio_tracks,
        "video": room.video_tracks,
    }


def flow(bits: float, packets: float) -> str:
    return f"{units.bits(bits)}, {_('%(count)s packets/s') % {'count': round(packets)}}"


def loss_in(room: RoomNumbers) -> str:
    before, after = units.percent(room.loss_in), units.percent(room.loss_left)
    return _("%(before)s, %(after)s after repair") % {"before": before, "after": after}


def repair(room: RoomNumbers) -> str:
    """What receivers got beside media: retransmitted packets, and bits with probes among them."""
    octets = units.bits(8 * room.last.repair_octets_out / room.seconds)
    return f"{units.each_second(room.last.resent_out / room.seconds)}, {octets}"


def asked(to_worker: int, by_worker: int, seconds: float) -> str:
    return _("%(received)s received, %(sent)s sent per second") % {
        "received": round(to_worker / seconds),
        "sent": round(by_worker / seconds),
    }


def links(room: RoomNumbers) -> str:
    if room.links.smallest is None:
        return units.DASH
    return _("lowest %(smallest)s, median %(median)s") % {
        "smallest": units.bits(room.links.smallest),
        "median": units.bits(room.links.median),
    }


def delays(room: RoomNumbers) -> str:
    if room.links.rtt is None:
        return units.DASH
    return _("%(rtt)s, of which %(queue)s in a queue") % {
        "rtt": units.milliseconds(room.links.rtt),
        "queue": units.milliseconds(room.links.queue),
    }


ROOM_COLUMNS: list[Column[RoomNumbers]] = [
    Column(gettext_lazy("People"), people),
    Column(gettext_lazy("Tracks"), tracks),
    Column(gettext_lazy("In"), lambda r: flow(r.bits_in, r.packets_in)),
    Column(gettext_lazy("Out"), lambda r: flow(r.bits_out, r.packets_out)),
    Column(gettext_lazy("Packet loss in"), loss_in),
    Column(gettext_lazy("Packet loss out"), lambda r: units.percent(r.loss_out)),
    Column(gettext_lazy("Retransmitted"), repair),
    Column(
        gettext_lazy("Packets requested again (NACK)"),
        lambda r: asked(r.last.nacks_in, r.last.nacks_out, r.seconds),
    ),
    Column(
        gettext_lazy("Key frames requested (PLI)"),
        lambda r: asked(r.last.plis_in, r.last.plis_out, r.seconds),
    ),
    Column(gettext_lazy("Receivers’ bandwidth"), links),
    Column(gettext_lazy("Longest round trip"), delays),
    Column(gettext_lazy("Paused videos"), lambda r: str(r.paused)),
]


def lag(worker: WorkerNow) -> str:
    if worker.numbers is None:
        return units.DASH
    worst, mean = (
        units.milliseconds(worker.numbers.lag),
        units.milliseconds(worker.numbers.lag_mean),
    )
    return _("longest %(worst)s, average %(mean)s") % {"worst": worst, "mean": mean}


def load(worker: WorkerNow) -> str:
    share = units.percent(worker.load)
    return _("%(share)s, busy") % {"share": share} if worker.busy else share


def dropped(worker: WorkerNow) -> str:
    return units.each_second(worker.numbers.dropped) if worker.numbers else units.DASH


WORKER_COLUMNS: list[Column[WorkerNow]] = [
    Column(gettext_lazy("Load"), load),
    Column(
        gettext_lazy("CPU"), lambda w: units.percent(w.numbers.cpu) if w.numbers else units.DASH
    ),
    Column(gettext_lazy("Lag"), lag),
    Column(
        gettext_lazy("Late packets"),
        lambda w: units.percent(w.numbers.late) if w.numbers else units.DASH,
    ),
    Column(gettext_lazy("Rooms"), lambda w: str(w.rooms)),
    Column(gettext_lazy("People"), lambda w: str(w.people)),
    Column(gettext_lazy("Dropped datagrams"), dropped),
    Column(
        gettext_lazy("Memory"),
        lambda w: units.megabytes(w.numbers.memory) if w.numbers else units.DASH,
    ),
    Column(
        gettext_lazy("Uptime"),
        lambda w: units.duration(w.numbers.uptime) if w.numbers else units.DASH,
    ),
    Column(gettext_lazy("Version"), lambda w: w.numbers.version if w.numbers else units.DASH),
]


def worries_of_worker(worker: WorkerNow) -> list[str]:
    """What an operator should look at, in whole sentences."""
    found = []
    if worker.draining:
        found.append(_("This worker is shutting down and takes no new rooms."))
    if worker.busy:
        found.append(
            _(
                "This worker is busy: newcomers go to other workers, or are asked to try again in "
                "a moment if there is none. People in its calls stay."
            )
        )
    if worker.numbers is None:
        found.append(
            _(
                "This worker reports no numbers. It has just started, or its version differs from "
                "this page’s."
            )
        )
        return found
    if worker.numbers.cpu >= CPU_FULL:
        found.append(
            _(
                "This worker uses nearly a whole CPU core. Start more workers; new rooms go to the "
                "least busy one."
            )
        )
    if worker.numbers.lag >= LATE_SECONDS:
        found.append(
            _(
                "Packets waited up to %(lag)s in this worker. The worker or the machine is "
                "overloaded."
            )
            % {"lag": units.milliseconds(worker.numbers.lag)}
        )
    if worker.numbers.dropped:
        found.append(
            _(
                "This worker loses packets before it reads them. It cannot keep up, or "
                "net.core.rmem_max is too small."
            )
        )
    return found


def worries_of_room(room: RoomNumbers) -> list[str]:
    """The same for a room: nearly always people's links, not the server."""
    found = []
    if room.loss_left >= LOSS_LEFT:
        found.append(
            _("%(share)s of the packets that people send never arrive.")
            % {"share": units.percent(room.loss_left)}
        )
    if room.paused:
        text = ngettext(
            "%(count)d video is paused because its receiver’s connection is too slow.",
            "%(count)d videos are paused because their receivers’ connections are too slow.",
            room.paused,
        )
        found.append(text % {"count": room.paused})
    return found
