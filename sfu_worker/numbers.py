"""What a worker says of itself and its rooms in numbers, for operators: the shapes, shared with the web side. Pure.

Counts grow for as long as a room lives on a worker. ``last`` is their difference over the last ``seconds``, about one, so that
nobody who reads them needs to remember what was before. There are no names of people in any of this, nor their ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from operator import attrgetter
from typing import TypeVar

from sfu_worker import wire


@dataclass(frozen=True, slots=True)
class Counts:
    """RTP and its repair. Packets and octets of payload are those of media; what came or left again is counted by itself."""

    packets_in: int = 0
    "Each once, repaired ones among them."
    octets_in: int = 0
    packets_out: int = 0
    octets_out: int = 0
    lost_in: int = 0
    "That did not come by themselves: repaired by now, or given up."
    given_up_in: int = 0
    "That did not come at all."
    lost_out: int = 0
    "That receivers report as lost, before repair."
    resent_out: int = 0
    "Packets that left again because a receiver asked for them."
    repair_octets_out: int = 0
    "Of those, and of probes for bandwidth; with their RTP headers."
    nacks_in: int = 0
    nacks_out: int = 0
    plis_in: int = 0
    "FIR is counted with PLI."
    plis_out: int = 0


@dataclass(frozen=True, slots=True)
class Datagrams:
    """At the sockets of the media port."""

    received: int = 0
    sent: int = 0
    unreadable: int = 0
    "Not STUN, DTLS or SRTP of anybody who is known: strays, attacks, the last packets of who has left."
    unsent: int = 0
    "That the kernel, or a full TCP connection, did not take."
    overflowed: int = 0
    "That the kernel dropped because the worker did not read them in time."


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
    """What has been counted between two snapshots. A count that began anew (it is less than before) counts from nought."""
    values = _VALUES[type(now)]
    pairs = zip(values(now), values(before), strict=True)
    return type(now)(*(new - old if new >= old else new for new, old in pairs))


@dataclass(frozen=True, slots=True)
class Links:
    """The ways to those receivers that say what arrives. Estimates in bit/s, times in s; None: nobody has said anything."""

    smallest: int | None = None
    median: int | None = None
    rtt: float | None = None
    "The longest round trip."
    queue: float | None = None
    "The longest wait in a queue on the way to a receiver."

    @classmethod
    def of(cls, links: Iterable[tuple[int, float, float]]) -> Links:
        """From (estimate, round trip, queue) of each receiver."""
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
    """One room. ``people`` are all whom others see, ``streams`` those of them that came by WHIP; ``viewers`` came by WHEP."""

    epoch: str
    people: int
    streams: int
    viewers: int
    audio_tracks: int
    video_tracks: int
    paused: int
    "Slots that carry nothing because of the bandwidth of their receivers."
    links: Links = field(default_factory=Links)
    total: Counts = field(default_factory=Counts)
    last: Counts = field(default_factory=Counts)
    seconds: float = 1.0

    @property
    def bits_in(self) -> float:
        """bit/s."""
        return 8 * self.last.octets_in / self.seconds

    @property
    def bits_out(self) -> float:
        """bit/s, with repair and probes."""
        return 8 * (self.last.octets_out + self.last.repair_octets_out) / self.seconds

    @property
    def packets_in(self) -> float:
        """A second."""
        return self.last.packets_in / self.seconds

    @property
    def packets_out(self) -> float:
        """A second."""
        return (self.last.packets_out + self.last.resent_out) / self.seconds

    @property
    def loss_in(self) -> float:
        """The share of what was sent to the worker that did not come by itself."""
        return share(self.last.lost_in, self.last.packets_in + self.last.given_up_in)

    @property
    def loss_left(self) -> float:
        """The share of it that did not come at all."""
        return share(self.last.given_up_in, self.last.packets_in + self.last.given_up_in)

    @property
    def loss_out(self) -> float:
        """The share of what was sent to receivers that they report as lost."""
        return share(self.last.lost_out, self.last.packets_out)


@dataclass(frozen=True, slots=True)
class WorkerNumbers:
    """One worker process. Its load is in ``wire.worker_key``. Times in s, memory in bytes."""

    worker: str
    version: str
    uptime: float
    memory: int
    "Resident."
    lag_max: float
    "How late the timer of 25 ms ran, at worst and on average, in the last second: the event loop was busy for so long."
    lag_mean: float
    rooms: list[str]
    "Slugs."
    total: Datagrams = field(default_factory=Datagrams)
    last: Datagrams = field(default_factory=Datagrams)
    seconds: float = 1.0

    @property
    def dropped(self) -> float:
        """Datagrams a second that were media and got lost in this machine."""
        return (self.last.unsent + self.last.overflowed) / self.seconds


def share(part: int, whole: int) -> float:
    """Of nothing, nothing. Never more than all: what is lost is known later than what is sent."""
    return min(1.0, part / whole) if whole > 0 else 0.0


N = TypeVar("N", RoomNumbers, WorkerNumbers)


def encode(numbers: RoomNumbers | WorkerNumbers) -> str:
    """As it stands in Redis."""
    return json.dumps(asdict(numbers))


def decode(cls: type[N], text: str | bytes) -> N | None:
    """The reverse. None for what another version of the worker has written: numbers are no reason to fail."""
    try:
        values = json.loads(text)
        return wire.build(cls, values) if isinstance(values, dict) else None
    except ValueError:
        return None
