"""Probing: short bursts above the estimate that show whether the path can carry more. Pure.

The sender makes the packets. The scheme follows libwebrtc's probe_controller and
probe_bitrate_estimator.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProbeTimes:
    """When to probe. All in seconds, but for ``early``."""

    # Between two series of probes; doubled by each that fails.
    least: float = 2.0
    most: float = 4.0
    # After a probe, until the queue that it made has drained.
    settle: float = 1.5
    # Until the next try where waiting is pointless.
    retry: float = 0.2
    # So many first probes may fail without a long wait: a busy receiver's first feedback is seldom
    # a measurement.
    early: int = 4
    # And four round trips, until a probe without a result has failed.
    timeout: float = 1.0


@dataclass(frozen=True, slots=True)
class ProbeShape:
    """How fast and how long a probe is."""

    # Multiples of the rate, before the first result and after it. libwebrtc begins with 3 and 6
    # times the start rate, then doubles while results are good.
    first_scale: float = 3.0
    scale: float = 2.0
    # Multiple of what is wanted beyond which no probe need go: enough for the hysteresis of the
    # choice of layers.
    wanted_margin: float = 1.25
    # If this many times more is wanted than before, do not wait for the next turn.
    wanted_jump: float = 1.5
    # Seconds: two ticks of a 25 ms timer. Longer floods a slow link: at twice its rate this adds a
    # queue of 40 ms.
    duration: float = 0.040
    # A probe is longer by this many times the jitter, or it would measure nothing else. Its limit.
    jitter_times: float = 4
    max_duration: float = 0.160
    # Packets in a probe of the usual duration.
    packets: int = 5


@dataclass(frozen=True, slots=True)
class ProbeResults:
    """When a result counts, and what it shows."""

    # Share of a probe that must have been sent before its feedback is read: a first burst alone has
    # no duration to measure.
    finished: float = 0.95
    # Share of a probe's bytes that must have arrived. libwebrtc's 0.8 would often rule out a path
    # that loses 15 %.
    received: float = 0.5
    # Received slower than this share of the send rate, the probe has saturated the link: it is all
    # that the link carries.
    saturated: float = 0.9
    # Share of such a result that is used (libwebrtc's kTargetUtilizationFraction).
    utilisation: float = 0.95
    # A result must be this many times the estimate to be of use.
    gain: float = 1.05
    # A result of this share of the probed rate lets the next probe follow at once.
    good_share: float = 0.7
    # Seconds of jitter from which a result must be found twice: a falling delay pushes packets
    # together, so that they look fast.
    unsure: float = 0.008


TIMES = ProbeTimes()
SHAPE = ProbeShape()
RESULTS = ProbeResults()


@dataclass(frozen=True, slots=True)
class Probe:
    """Send ``size`` bytes in at least ``packets`` packets, spread over ``duration`` s.

    ``bitrate`` in bit/s is for everything sent in that time, media included. Mark the packets with
    ``id``, which is never 0, in ``PacketHistory.sent``.
    """

    id: int
    bitrate: int
    size: int
    packets: int
    duration: float


class Prober:
    """Decides when to probe, and what the probes show.

    A probe is measured by the feedback on all packets from its first to its last.
    """

    def __init__(self) -> None:
        self._probe: Probe | None = None
        self._asked_at = -1.0
        self._next_at = 0.0
        self._interval = TIMES.least
        # The rate from which to go on at once; 0 to wait.
        self._follow = 0
        self._count = 0
        self._ended_at = -1.0
        self._early = TIMES.early
        self._wanted = 0
        # A result that waits for another to confirm it; 0 for none.
        self._unsure = 0
        # The last result, if it saturated the link below the estimate; 0 otherwise.
        self._least = 0
        # bit/s, after ``result``: what two probes in a row have shown to be all that the link
        # carries, if that is below the estimate; 0 otherwise.
        self.limit = 0
        # The last result is all that the link carries: less arrived than was sent.
        self.saturated = False
        self._forget()

    def _forget(self) -> None:
        self._probe = None
        self._first = self._last = -1
        self._marked = 0
        # (sent, arrival, bytes)
        self._got: list[tuple[float, float, int]] = []
        self._lost = 0
        self._covered = False

    def due(
        self, rate: int, wanted: int, fresh: bool, rtt: float, jitter: float, now: float
    ) -> Probe | None:
        """Return the next probe when it is time for one.

        ``fresh``: no probe has raised the estimate yet, so take a larger step.
        """
        if self._probe is not None:
            if now - self._asked_at <= TIMES.timeout + 4 * rtt:
                return None
            self._end(False, now)
        if wanted > SHAPE.wanted_jump * self._wanted:
            # A camera has begun to send its large picture, which must not wait for the next turn.
            self._next_at = min(self._next_at, now + TIMES.retry)
        self._wanted = wanted
        if wanted <= rate or (not self._follow and now < self._next_at):
            return None
        bitrate = self._bitrate(rate, wanted, fresh)
        self._count = self._count % 0xFFFF + 1
        self._asked_at = now
        duration = _duration(jitter)
        packets = int(SHAPE.packets * duration / SHAPE.duration)
        self._probe = Probe(self._count, bitrate, int(bitrate * duration / 8), packets, duration)
        return self._probe

    def _bitrate(self, rate: int, wanted: int, fresh: bool) -> int:
        scale = SHAPE.first_scale if fresh else SHAPE.scale
        if self._unsure:
            self._follow, scale = self._unsure, 1.0
        follow, self._follow = self._follow, 0
        most = max(wanted * SHAPE.wanted_margin, rate * SHAPE.scale)
        return int(min(max(follow, rate) * scale, most))

    def put_off(self, now: float) -> None:
        """Overuse: the probe under way is void, and the next series waits."""
        if self._probe is not None:
            self._end(False, now)
        self._follow = self._unsure = self._least = 0
        self._next_at = max(self._next_at, now + TIMES.least / 2)

    def sent(self, seq: int, size: int, probe: int) -> None:
        """A packet of the probe has left."""
        if self._probe is not None and self._probe.id == probe:
            if self._first < 0:
                self._first = seq
            self._last = seq
            self._marked += size

    @property
    def waiting(self) -> bool:
        """Whether packets of a probe are in flight: ``acked`` must be told of feedback."""
        return self._first >= 0

    def disturbs(self, now: float) -> bool:
        """Whether a queue may be a probe's doing: one is under way, or has just ended."""
        return self._first >= 0 or now - self._ended_at < TIMES.settle

    def acked(self, seq: int, sent: float, arrival: float | None, size: int) -> None:
        """Take feedback about any packet; arrival None if it was lost."""
        if (seq - self._first) & 0xFFFF > (self._last - self._first) & 0xFFFF:
            self._covered |= (seq - self._last) & 0xFFFF < 0x8000
            return
        if arrival is None:
            self._lost += size
        else:
            self._got.append((sent, arrival, size))
        self._covered |= seq == self._last

    def result(self, rate: int, inherent: float, jitter: float, now: float) -> int:
        """After feedback: the rate that the probe has shown, in bit/s; 0 while there is none."""
        probe = self._probe
        if probe is None or not self._covered:
            return 0
        if self._marked < RESULTS.finished * probe.size and now - self._asked_at < TIMES.timeout:
            # The sender has not finished.
            return 0
        if sum(entry[2] for entry in self._got) + self._lost < RESULTS.received * self._marked:
            # The feedback about it was lost.
            self._forget()
            self._next_at = now + TIMES.retry
            return 0
        measured = self._confirmed(self._measure(probe, inherent), rate, jitter)
        self._limit(measured, rate)
        if self._unsure or self._least:
            self._end(True, now)
            self._next_at = now + (TIMES.retry if self._unsure else TIMES.settle)
            return 0
        good = measured > RESULTS.gain * rate
        if good and measured >= RESULTS.good_share * probe.bitrate:
            self._follow = measured
        self._end(good, now)
        if probe.duration < _duration(jitter) / 2:
            # The path has more jitter than the probe allowed for: that was no measurement.
            self._next_at = now
        return measured if measured > rate else 0

    def _confirmed(self, measured: int, rate: int, jitter: float) -> int:
        """On a path with jitter, the lesser of two results. Sets ``_unsure`` after the first."""
        before, self._unsure = self._unsure, 0
        if before:
            return min(before, measured)
        if jitter > RESULTS.unsure and measured > RESULTS.gain * rate:
            self._unsure = measured
        return measured

    def _limit(self, measured: int, rate: int) -> None:
        """Let two saturated results below the estimate correct it: one may be a growing delay."""
        before, self._least = self._least, 0
        self.limit = 0
        if not self.saturated or not 0 < measured < rate / RESULTS.gain:
            return
        if before:
            self.limit = max(before, measured)
        else:
            self._least = measured

    def _measure(self, probe: Probe, inherent: float) -> int:
        """Return what the probe shows in bit/s, 0 for nothing. Sets ``saturated``."""
        got = self._got
        size = sum(entry[2] for entry in got)
        self.saturated = False
        least = RESULTS.received * max(size + self._lost, probe.size)
        if len(got) < SHAPE.packets - 1 or size < least:
            return 0
        got.sort()
        sizes = [entry[2] for entry in got]
        received_rate = _rate([entry[1] for entry in got], sizes) / (1 - inherent)
        sent_rate = _rate([entry[0] for entry in got], sizes) / (1 - inherent)
        sent_rate = min(sent_rate or probe.bitrate, probe.bitrate)
        self.saturated = received_rate < RESULTS.saturated * sent_rate
        if self.saturated:
            return int(RESULTS.utilisation * received_rate)
        return int(min(received_rate, sent_rate))

    def _end(self, good: bool, now: float) -> None:
        self._forget()
        self._ended_at = now
        if not good and self._early:
            # Nothing is known yet, and the first picture waits for this.
            self._early -= 1
            self._next_at = now + TIMES.retry
            return
        self._early = 0
        self._interval = TIMES.least if good else min(2 * self._interval, TIMES.most)
        self._next_at = now + self._interval


def _duration(jitter: float) -> float:
    return min(SHAPE.duration + SHAPE.jitter_times * jitter, SHAPE.max_duration)


def _rate(times: list[float], sizes: list[int]) -> float:
    """Return bit/s: the inverse of the least-squares slope of time over bytes; 0 for none.

    Jitter and reordering hardly move it.
    """
    n = len(times)
    place, places = 0, []
    for size in sizes:
        places.append(place)
        place += size
    mean_time, mean_place = sum(times) / n, sum(places) / n
    over = sum((at - mean_time) * (x - mean_place) for at, x in zip(times, places, strict=True))
    under = sum((x - mean_place) ** 2 for x in places)
    return 8 * under / over if over > 0.0 else 0.0
