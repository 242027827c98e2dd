"""What operators are told of a worker and its rooms, in numbers. Shared with the web side. Pure.

Counts grow for as long as a room lives on a worker. ``last`` is their growth over the last
``seconds`` (about one), so that readers need not remember earlier values. The numbers hold neither
names nor ids of people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from operator import attrgetter
from typing import TypeVar

from sfu_worker import wire

# A packet that waited longer inside the worker is late: a receiver's jitter buffer evens out a
# tenth of a second; more is audible.
LATE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Counts:
    """Media packets, octets of their payload, and repair. Retransmissions are counted apart."""

    # Each packet once, repaired ones included.
    packets_in: int = 0
    octets_in: int = 0
    packets_out: int = 0
    octets_out: int = 0
    # Packets that were lost on the way to us: repaired since, or given up.
    lost_in: int = 0
    # Packets that never arrived.
    given_up_in: int = 0
    # Packets that receivers report as lost, before repair.
    lost_out: int = 0
    # Packets retransmitted because a receiver asked for them.
    resent_out: int = 0
    # Octets of retransmissions and of bandwidth probes, RTP headers included.
    repair_octets_out: int = 0
    nacks_in: int = 0
    nacks_out: int = 0
    # FIR is counted with PLI.
    plis_in: int = 0
    plis_out: int = 0


@dataclass(frozen=True, slots=True)
class Datagrams:
    """At the sockets of the media port."""

    received: int = 0
    sent: int = 0
    # Not STUN, DTLS or SRTP of a known peer: strays, attacks, last packets of those who left.
    unreadable: int = 0
    # Not accepted by the kernel, or by a full TCP connection.
    unsent: int = 0
    # Dropped by the kernel because the worker did not read them in time.
    overflowed: int = 0


T = TypeVar("T", Counts, Datagrams)
_VALUES = {cls: attrgetter(*(f.name for f in fields(cls))) for cls in (Counts, Datagrams)}


def added(parts: Sequence[T], nothing: T) -> T:
    """The sum of counts, field by field."""
    return type(nothing)(
        *(
            sum(values)
            for values in zip(*map(_VALUES[type(nothing)], [nothing, *parts]), strict=True)
        )
    )


def grown(now: T, before: T) -> T:
    """What was counted between two snapshots.

    A count that is less than before has begun anew, and counts from zero.
    """
    values = _VALUES[type(now)]
    pairs = zip(values(now), values(before), strict=True)
    return type(now)(*(new - old if new >= old else new for new, old in pairs))


@dataclass(frozen=True, slots=True)
class Links:
    """The links to receivers that report what arrives; None if none does.

    ``smallest`` and ``median`` are bandwidth estimates in bit/s.
    """

    smallest: int | None = None
    median: int | None = None
    # The longest round-trip time, in seconds.
    rtt: float | None = None
    # The longest queueing delay on the way to a receiver, in seconds.
    queue: float | None = None

    @classmethod
    def of(cls, links: Iterable[tuple[int, float, float]]) -> Links:
        """Sum up the estimate, round-trip time and queueing delay of each receiver."""
        estimates, rtts, queues = [sorted(values) for values in zip(*links, strict=True)] or (
            [],
            [],
            [],
        )
        if not estimates:
            return cls()
        return cls(
            int(estimates[0]),
            int(estimates[len(estimates) // 2]),
            float(rtts[-1]),
            float(queues[-1]),
        )


@dataclass(frozen=True, slots=True)
class RoomNumbers:
    """One room.

    ``people`` is everyone whom others see; ``streams`` are those of them who came by WHIP.
    ``viewers`` came by WHEP.
    """

    epoch: str
    people: int
    streams: int
    viewers: int
    audio_tracks: int
    video_tracks: int
    # Slots that carry nothing because of their receivers' bandwidth.
    paused: int
    links: Links = field(default_factory=Links)
    total: Counts = field(default_factory=Counts)
    last: Counts = field(default_factory=Counts)
    seconds: float = 1.0

    @property
    def bits_in(self) -> float:
        """Media received, in bit/s."""
        return 8 * self.last.octets_in / self.seconds

    @property
    def bits_out(self) -> float:
        """Everything sent, repair and probes included, in bit/s."""
        return 8 * (self.last.octets_out + self.last.repair_octets_out) / self.seconds

    @property
    def packets_in(self) -> float:
        """Packets received per second."""
        return self.last.packets_in / self.seconds

    @property
    def packets_out(self) -> float:
        """Packets sent per second, retransmissions included."""
        return (self.last.packets_out + self.last.resent_out) / self.seconds

    @property
    def loss_in(self) -> float:
        """Packet loss on the way to the worker, before repair: a share."""
        return share(self.last.lost_in, self.last.packets_in + self.last.given_up_in)

    @property
    def loss_left(self) -> float:
        """Packet loss on the way to the worker that repair has left: a share."""
        return share(self.last.given_up_in, self.last.packets_in + self.last.given_up_in)

    @property
    def loss_out(self) -> float:
        """Packet loss that receivers report, before repair: a share."""
        return share(self.last.lost_out, self.last.packets_out)


@dataclass(frozen=True, slots=True)
class WorkerNumbers:
    """One worker process. Its load, and whether it is busy, are in ``wire.worker_key``.

    Times are in seconds. Shares are of the last three seconds (``sfu_worker.control.load``).
    """

    worker: str
    version: str
    uptime: float
    # Resident, in bytes.
    memory: int
    # How late the 25 ms timer ran in the last second: the event loop was busy for so long.
    lag_max: float
    lag_mean: float
    # Slugs.
    rooms: list[str]
    total: Datagrams = field(default_factory=Datagrams)
    last: Datagrams = field(default_factory=Datagrams)
    seconds: float = 1.0
    # The longest that a datagram lay in its socket in the last second, before it was read.
    wait_max: float = 0.0
    # The share of packets that waited longer than LATE_SECONDS.
    late: float = 0.0
    # The CPU time of the process, as a share of one core.
    cpu: float = 0.0

    @property
    def lag(self) -> float:
        """The longest that anything waited in the last second, for the timer or in a socket."""
        return max(self.lag_max, self.wait_max)

    @property
    def dropped(self) -> float:
        """Datagrams per second that were lost inside this machine."""
        return (self.last.unsent + self.last.overflowed) / self.seconds


def share(part: int, whole: int) -> float:
    """``part`` of ``whole``, from 0 to 1; 0 of nothing.

    ``part`` may be the larger: losses are known later than what was sent.
    """
    return min(1.0, part / whole) if whole > 0 else 0.0


N = TypeVar("N", RoomNumbers, WorkerNumbers)


def encode(numbers: RoomNumbers | WorkerNumbers) -> str:
    """The text in Redis."""
    return json.dumps(asdict(numbers))


def decode(cls: type[N], text: str | bytes) -> N | None:
    """Read the text in Redis.

    None for what another version of the worker wrote: numbers are no reason to fail.
    """
    try:
        values = json.loads(text)
        return wire.build(cls, values) if isinstance(values, dict) else None
    except ValueError:
        return None
