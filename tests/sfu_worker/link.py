"""A network path with a bottleneck, simulated in milliseconds, and a sender with an estimator."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sfu_worker.bwe.estimator import BandwidthEstimator
from sfu_worker.bwe.probe import Probe
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.rtcp.types import TICK_US
from sfu_worker.rtp.twcc import ArrivalLog

STEP = 0.001
START = 1000.0
MTU = 1150

# bit/s at seconds since the start.
Rate = Callable[[float], float]


def heard(received: list[tuple[int, int | None]]) -> rtcp.TransportFeedback:
    """Feedback on packets, given as (number, arrival in µs or None) with rising numbers.

    Numbers that are left out count as lost.
    """
    base = received[0][0] if received else 0
    arrivals: list[int | None] = [None] * ((received[-1][0] - base & 0xFFFF) + 1 if received else 0)
    for seq, at in received:
        arrivals[seq - base & 0xFFFF] = None if at is None else at // TICK_US
    return rtcp.TransportFeedback(1, 2, base, 0, arrivals)


def steps(*changes: tuple[float, float]) -> Rate:
    """A rate that changes at the given seconds: ((0, 10e6), (10, 5e5))."""

    def rate(at: float) -> float:
        return next(value for since, value in reversed(changes) if at >= since)

    return rate


@dataclass
class Path:
    """The network between the two ends. Times are in s, rates in bit/s."""

    rate: Rate
    delay: float = 0.025
    jitter: float = 0.0
    loss: float = 0.0
    queue: float = 1.0  # seconds of queue at the present rate; more is dropped
    drift: float = 0.0  # of the receiver's clock, as a share
    feedback_loss: float = 0.0
    feedback_interval: float = 0.1
    reorder: bool = False
    loss_from: float = 0.0


@dataclass
class Bottleneck:
    """A queue that drops what does not fit. Packets are (flow, seq, bytes)."""

    path: Path
    waiting: deque[tuple[int, int, int]] = field(default_factory=deque)
    held: int = 0
    credit: float = 0.0

    def push(self, packet: tuple[int, int, int], at: float) -> bool:
        if 8 * (self.held + packet[2]) > max(self.path.rate(at) * self.path.queue, 8 * 3 * MTU):
            return False
        self.waiting.append(packet)
        self.held += packet[2]
        return True

    def serve(self, at: float) -> list[tuple[int, int, int]]:
        self.credit += self.path.rate(at) * STEP / 8
        out = []
        while self.waiting and self.credit >= self.waiting[0][2]:
            packet = self.waiting.popleft()
            self.credit -= packet[2]
            self.held -= packet[2]
            out.append(packet)
        if not self.waiting:
            self.credit = min(self.credit, 0.0)
        return out

    def seconds(self, at: float) -> float:
        return 8 * self.held / self.path.rate(at)


@dataclass(frozen=True)
class Moment:
    """The state at a time: rates in bit/s, queue in s."""

    at: float
    target: int
    queue: float
    sent: int
    delivered: int


class Sender:
    """A flow: video at 30 fps and ``plan(estimator)`` bit/s, audio at 50 packet/s, probes."""

    def __init__(
        self,
        flow: int,
        plan: Callable[[BandwidthEstimator], int],
        wanted: int,
        seed: int,
        first_seq: int = 65000,
    ) -> None:
        self.flow = flow
        self.plan = plan
        self.wanted = wanted
        self.bwe = BandwidthEstimator()
        self.random = random.Random(seed)
        self.log = ArrivalLog()
        self.seq = first_seq
        self.moments: list[Moment] = []
        self.arriving: list[tuple[float, int, int]] = []
        self.returning: deque[tuple[float, list[bytes]]] = deque()
        self.probes: list[tuple[float, Probe]] = []
        self._probe: tuple[Probe, float, int] | None = None
        self._sent = self._delivered = 0
        self.recorded: list[tuple[float, bytes]] = []

    def packets(self, step: int, now: float) -> list[tuple[int, int, int]]:
        """The packets that leave in this millisecond."""
        sizes: list[tuple[int, int]] = []
        if step % 20 == 7:
            sizes.append((120, 0))
        if step % 33 == 0:
            frame = int(self.plan(self.bwe) * 0.033 / 8 * self.random.uniform(0.8, 1.2))
            while frame > 0:
                sizes.append((min(frame, MTU), 0))
                frame -= MTU
        if step % 25 == 0:
            self.bwe.tick(now)
            sizes += self._probing(now)
        out = []
        for size, probe in sizes:
            self.seq = (self.seq + 1) & 0xFFFF
            self.bwe.history.sent(self.seq, size, now, probe)
            self._sent += size
            out.append((self.flow, self.seq, size))
        return out

    def _probing(self, now: float) -> list[tuple[int, int]]:
        if self._probe is None:
            probe = self.bwe.probe_due(now, self.wanted)
            if probe is None:
                return []
            self.probes.append((now - START, probe))
            self._probe = (probe, now, probe.size)
        probe, _, left = self._probe
        burst = min(left, int(probe.size * 0.025 / probe.duration) + 1)
        left -= burst
        self._probe = (probe, now, left) if left > 0 else None
        size = max(100, min(burst // 4 + 1, MTU))
        return [(size, probe.id)] * -(-burst // size)

    def note(self, at: float, queue: float) -> None:
        self.moments.append(
            Moment(at, self.bwe.target, queue, self._sent * 80, self._delivered * 80)
        )
        self._sent = self._delivered = 0


def run(
    path: Path, senders: list[Sender], seconds: float, others: list[Reno] | None = None
) -> None:
    """Let the senders share the path. Each gets an entry in ``moments`` every 100 ms."""
    chance = random.Random(1)
    bottleneck = Bottleneck(path)
    flying: list[tuple[float, tuple[int, int, int]]] = []
    for step in range(int(seconds / STEP)):
        at = step * STEP
        now = START + at
        for reno in others or []:
            for packet in reno.packets():
                if not bottleneck.push(packet, at):
                    reno.lost(at)
        for sender in senders:
            for packet in sender.packets(step, now):
                if at >= path.loss_from and chance.random() < path.loss:
                    continue
                bottleneck.push(packet, at)
        for packet in bottleneck.serve(at):
            flying.append((at + path.delay + (chance.random() * 2 - 1) * path.jitter, packet))
        flying = _arrive(flying, at, path, senders, others or [])
        for sender in senders:
            _return(sender, path, step, now, chance)
            if step % 100 == 99:
                sender.note(at, bottleneck.seconds(at))


def _arrive(
    flying: list[tuple[float, tuple[int, int, int]]],
    at: float,
    path: Path,
    senders: list[Sender],
    others: list[Reno],
) -> list[tuple[float, tuple[int, int, int]]]:
    left: list[tuple[float, tuple[int, int, int]]] = []
    kept_back = path.jitter > 0 and not path.reorder
    for index, (due, packet) in enumerate(flying):
        # Without reordering a packet waits for the one before it, as in most real queues.
        if due > at or (kept_back and left):
            left += flying[index:] if kept_back else [(due, packet)]
            if kept_back:
                break
            continue
        flow, seq, size = packet
        if flow < len(senders):
            senders[flow].log.record(seq, int(at * (1 + path.drift) * 1e6) + 77_000_000)
            senders[flow]._delivered += size
        else:
            others[flow - len(senders)].acked()
    return left


def _return(sender: Sender, path: Path, step: int, now: float, chance: random.Random) -> None:
    if step % round(path.feedback_interval / STEP) == 25:
        messages = sender.log.feedback(1, 2)
        if messages and chance.random() >= path.feedback_loss:
            sender.returning.append((now + path.delay, messages))
    while sender.returning and sender.returning[0][0] <= now:
        for data in sender.returning.popleft()[1]:
            sender.recorded.append((now, data))
            for report in rtcp.parse_compound(data):
                assert isinstance(report, rtcp.TransportFeedback)
                sender.bwe.feedback(report, now)


class Reno:
    """A TCP-like flow: its window grows by a packet per round trip and halves at each loss."""

    def __init__(self, flow: int, rtt: float) -> None:
        self.flow = flow
        self.window = 4.0
        self.flying = 0
        self.rtt = rtt
        self.delivered = 0
        self._halved = -1.0

    def packets(self) -> list[tuple[int, int, int]]:
        count = max(0, int(self.window) - self.flying)
        self.flying += count
        return [(self.flow, 0, MTU)] * count

    def acked(self) -> None:
        self.flying -= 1
        self.delivered += MTU
        self.window += 1 / self.window

    def lost(self, at: float) -> None:
        self.flying -= 1
        if at - self._halved > 2 * self.rtt:
            self._halved = at
            self.window = max(2.0, self.window / 2)
