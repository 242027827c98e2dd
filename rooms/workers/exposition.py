"""The numbers in Prometheus' text format, version 0.0.4. Pure.

Rooms are named by their id, because a slug is part of a link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import TypeVar

from rooms.workers.numbers import Overview, RoomNow, WorkerNow
from sfu_worker.numbers import Counts, Datagrams, RoomNumbers, WorkerNumbers

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Value = float | None
Labels = Mapping[str, str]

WORKERS: list[tuple[str, str, Callable[[WorkerNow], Value]]] = [
    (
        "load_ratio",
        "How full the worker is, by late packets, dropped datagrams or CPU, whichever is most.",
        lambda w: w.load,
    ),
    ("busy", "1 while newcomers go to other workers.", lambda w: int(w.busy)),
    ("rooms", "Rooms that the worker holds.", lambda w: w.rooms),
    ("people", "People in these rooms, streams among them, viewers not.", lambda w: w.people),
    ("draining", "1 while the worker takes no new rooms.", lambda w: int(w.draining)),
]
WORKER_NUMBERS: list[tuple[str, str, Callable[[WorkerNumbers], Value]]] = [
    (
        "lag_max_seconds",
        "How late the event loop ran at worst in the last second.",
        lambda n: n.lag_max,
    ),
    (
        "lag_mean_seconds",
        "How late the event loop ran on average in the last second.",
        lambda n: n.lag_mean,
    ),
    (
        "wait_max_seconds",
        "How long a datagram lay in its socket at worst in the last second.",
        lambda n: n.wait_max,
    ),
    (
        "late_ratio",
        "The share of packets of the last three seconds that waited more than 0.1 s.",
        lambda n: n.late,
    ),
    (
        "cpu_ratio",
        "CPU time of the worker in the last three seconds, as a share of one core.",
        lambda n: n.cpu,
    ),
    ("memory_bytes", "Resident memory.", lambda n: n.memory),
    ("uptime_seconds", "Since the worker's start.", lambda n: n.uptime),
]
ROOMS: list[tuple[str, str, Callable[[RoomNumbers], Value]]] = [
    ("people", "People in the room, streams among them, viewers not.", lambda n: n.people),
    ("streams", "Those of them that came by WHIP.", lambda n: n.streams),
    ("viewers", "Viewers by WHEP.", lambda n: n.viewers),
    ("audio_tracks", "Published tracks of sound.", lambda n: n.audio_tracks),
    ("video_tracks", "Published tracks of pictures.", lambda n: n.video_tracks),
    ("slots_paused", "Slots that carry nothing for want of bandwidth.", lambda n: n.paused),
    (
        "link_smallest_bits_per_second",
        "The smallest estimate of a receiver's link.",
        lambda n: n.links.smallest,
    ),
    ("link_median_bits_per_second", "The estimate in the middle.", lambda n: n.links.median),
    ("rtt_max_seconds", "The longest round trip to a receiver.", lambda n: n.links.rtt),
    ("queue_max_seconds", "The longest queue on the way to a receiver.", lambda n: n.links.queue),
]
COUNTS = {
    "packets_in": "RTP packets that came in, each once.",
    "octets_in": "Their payload, in bytes.",
    "packets_out": "RTP packets of media that were sent to receivers.",
    "octets_out": "Their payload, in bytes.",
    "lost_in": "Packets that did not come in by themselves.",
    "given_up_in": "Those of them that repair did not bring either.",
    "lost_out": "Packets that receivers report as lost, before repair.",
    "resent_out": "Packets that were sent again.",
    "repair_octets_out": "Bytes of these and of probes for bandwidth, with RTP headers.",
    "nacks_in": "NACK messages of receivers.",
    "nacks_out": "NACK messages to senders.",
    "plis_in": "PLI and FIR messages of receivers.",
    "plis_out": "PLI messages to senders.",
}
DATAGRAMS = {
    "received": "Datagrams that the media port received.",
    "sent": "Datagrams that it sent.",
    "unreadable": "Datagrams of nobody who is known.",
    "unsent": "Datagrams that the kernel did not take.",
    "overflowed": "Datagrams that the kernel dropped because they were not read in time.",
}

N = TypeVar("N")


def expose(overview: Overview, room_ids: Mapping[str, int]) -> str:
    """The whole page. Rooms without an id, deleted while people are in them, are left out."""
    workers = [(w, {"worker": w.name}) for w in overview.workers]
    told = [(w.numbers, labels) for w, labels in workers if w.numbers is not None]
    rooms = [
        (r.numbers, labels_of(r, room_ids[r.slug])) for r in overview.rooms if r.slug in room_ids
    ]
    versions = [({**labels, "version": n.version}, 1) for n, labels in told]
    families = [
        family("confcall_workers", "gauge", "Workers that live.", [({}, len(workers))]),
        family("confcall_worker_info", "gauge", "The version of a worker.", versions),
        *(gauge(f"confcall_worker_{name}", text, workers, value) for name, text, value in WORKERS),
        *(
            gauge(f"confcall_worker_{name}", text, told, value)
            for name, text, value in WORKER_NUMBERS
        ),
        *(
            family(
                f"confcall_worker_datagrams_{f.name}_total",
                "counter",
                DATAGRAMS[f.name],
                totals(told, f.name),
            )
            for f in fields(Datagrams)
        ),
        *(gauge(f"confcall_room_{name}", text, rooms, value) for name, text, value in ROOMS),
        *(
            family(
                f"confcall_room_{f.name}_total", "counter", COUNTS[f.name], totals(rooms, f.name)
            )
            for f in fields(Counts)
        ),
    ]
    return "".join(families)


def labels_of(room: RoomNow, pk: int) -> Labels:
    return {"room": str(pk), "worker": room.worker}


def gauge(
    name: str, text: str, sources: Iterable[tuple[N, Labels]], value: Callable[[N], Value]
) -> str:
    return family(name, "gauge", text, [(labels, value(source)) for source, labels in sources])


def totals(
    sources: Iterable[tuple[RoomNumbers | WorkerNumbers, Labels]], field: str
) -> list[tuple[Labels, Value]]:
    return [(labels, getattr(source.total, field)) for source, labels in sources]


def family(name: str, kind: str, text: str, samples: Iterable[tuple[Labels, Value]]) -> str:
    """One metric with its samples; unknown values are left out."""
    lines = [f"# HELP {name} {escape(text, quotes=False)}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        if value is not None:
            inside = ",".join(f'{key}="{escape(label)}"' for key, label in labels.items())
            lines.append(f"{name}{{{inside}}} {value!r}" if inside else f"{name} {value!r}")
    return "\n".join(lines) + "\n"


def escape(text: str, *, quotes: bool = True) -> str:
    """Escape a label or, without ``quotes``, a help text."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quotes else text
