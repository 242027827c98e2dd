"""Probing: short bursts above the estimate that show whether the path takes more. Pure; the sender makes the packets."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_SCALE = 3.0
SCALE = 2.0
"libwebrtc begins with 3 and 6 times the start rate, then doubles while results are good."
GOOD_SHARE = 0.7
"A result of this share of the probed rate lets the next one follow at once."
DURATION = 0.040
"Seconds. Two ticks of a 25 ms timer; longer floods a slow link: 40 ms at twice its rate are 40 ms of queue."
MIN_PACKETS = 5
MIN_INTERVAL, MAX_INTERVAL = 2.0, 4.0
"Seconds between series of probes; doubled by each that fails."
SETTLE = 1.5
"Seconds after a probe in which the queue that it made goes away."
RETRY = 0.2
EARLY = 4
"First probes that may fail without a long wait: a busy receiver's first feedback is seldom a measurement."
TIMEOUT = 1.0
"Seconds, and four round trips, until a probe without a result has failed."
MIN_RECEIVED = 0.5
"Share of a probe's bytes that must have arrived: more than libwebrtc's 0.8 would rule out a path that loses 15 %."
FINISHED = 0.95
"Share of a probe that must have been sent before its feedback is read: a first burst alone has no duration to measure."
SATURATED = 0.9
UTILISATION = 0.95
JITTER_TIMES, MAX_DURATION = 4, 0.160
"A path with jitter needs a longer probe, or the jitter is all that is measured."
GAIN = 1.05
"A result must be this much above the estimate to be of use."
UNSURE = 0.008
"Seconds of jitter from which a result must be found twice: packets that a falling delay pushes together look fast."
WANTED_JUMP = 1.5
WANTED_MARGIN = 1.25
"Probe so far beyond what is wanted that the allocator's hysteresis is met."


@dataclass(frozen=True, slots=True)
class Probe:
    """Send ``size`` bytes in at least ``packets`` packets, spread over ``duration`` s (media in that time counts in).

    ``bitrate`` in bit/s for everything sent in that time; mark the packets with ``id`` (never 0) in ``sent``.
    """

    id: int
    bitrate: int
    size: int
    packets: int
    duration: float


class Prober:
    """Decides when to probe, and reads the results from the feedback on all packets from the probe's first to its last."""

    def __init__(self) -> None:
        self._probe: Probe | None = None
        self._asked_at = -1.0
        self._next_at = 0.0
        self._interval = MIN_INTERVAL
        self._follow = 0  # the rate to go on from at once
        self._count = 0
        self._ended_at = -1.0
        self._early = EARLY
        self._wanted = 0
        self._unsure = 0  # a result that waits for another to confirm it
        self._least = 0  # what the last probe showed, if that was all that the link took and less than was thought
        self.limit = 0
        "bit/s: after ``result``, what two probes in a row have shown to be all that the link takes, if less than was thought; 0."
        self.saturated = False
        "The last result was less than was sent: it is all that the link takes."
        self._forget()

    def _forget(self) -> None:
        self._probe = None
        self._first = self._last = -1
        self._marked = 0
        self._got: list[tuple[float, float, int]] = []  # (sent, arrival, bytes)
        self._lost = 0
        self._covered = False

    def due(
        self, rate: int, wanted: int, fresh: bool, rtt: float, jitter: float, now: float
    ) -> Probe | None:
        """The next probe when it is time for one. ``fresh``: no estimate has been made yet, so begin with a larger step."""
        if self._probe is not None:
            if now - self._asked_at <= TIMEOUT + 4 * rtt:
                return None
            self._end(False, now)
        if wanted > WANTED_JUMP * self._wanted:
            # A camera that only now sends its large picture: waiting for the turn of another probe would be for nothing.
            self._next_at = min(self._next_at, now + RETRY)
        self._wanted = wanted
        if wanted <= rate or (not self._follow and now < self._next_at):
            return None
        scale = FIRST_SCALE if fresh else SCALE
        if self._unsure:
            self._follow, scale = self._unsure, 1.0
        bitrate = int(
            min(max(self._follow, rate) * scale, max(wanted * WANTED_MARGIN, rate * SCALE))
        )
        self._follow = 0
        self._count = self._count % 0xFFFF + 1
        self._asked_at = now
        duration = _duration(jitter)
        packets = int(MIN_PACKETS * duration / DURATION)
        self._probe = Probe(self._count, bitrate, int(bitrate * duration / 8), packets, duration)
        return self._probe

    def put_off(self, now: float) -> None:
        """Congestion: what was being probed is void, and the next series waits."""
        if self._probe is not None:
            self._end(False, now)
        self._follow = self._unsure = self._least = 0
        self._next_at = max(self._next_at, now + MIN_INTERVAL / 2)

    def sent(self, seq: int, size: int, probe: int) -> None:
        """A packet of the probe has left."""
        if self._probe is not None and self._probe.id == probe:
            if self._first < 0:
                self._first = seq
            self._last = seq
            self._marked += size

    @property
    def waiting(self) -> bool:
        """Whether packets of a probe are on their way: feedback has to be shown to ``acked``."""
        return self._first >= 0

    def disturbs(self, now: float) -> bool:
        """Whether a queue may be a probe's doing: it is under way, or its last packets have just been reported."""
        return self._first >= 0 or now - self._ended_at < SETTLE

    def acked(self, seq: int, sent: float, arrival: float | None, size: int) -> None:
        """Feedback about one packet; arrival None when it was lost. Those outside the probe are passed over."""
        if (seq - self._first) & 0xFFFF > (self._last - self._first) & 0xFFFF:
            self._covered |= (seq - self._last) & 0xFFFF < 0x8000
            return
        if arrival is None:
            self._lost += size
        else:
            self._got.append((sent, arrival, size))
        self._covered |= seq == self._last

    def result(self, rate: int, inherent: float, jitter: float, now: float) -> int:
        """After a feedback message: the rate that the probe has shown, in bit/s; 0 when there is none (yet)."""
        probe = self._probe
        if probe is None or not self._covered:
            return 0
        if self._marked < FINISHED * probe.size and now - self._asked_at < TIMEOUT:
            # The sender has not finished.
            return 0
        if sum(entry[2] for entry in self._got) + self._lost < MIN_RECEIVED * self._marked:
            # The feedback about it is lost.
            self._forget()
            self._next_at = now + RETRY
            return 0
        measured = self._confirmed(self._measure(probe, inherent), rate, jitter)
        self._limit(measured, rate)
        if self._unsure or self._least:
            self._end(True, now)
            self._next_at = now + (RETRY if self._unsure else SETTLE)
            return 0
        good = measured > GAIN * rate
        if good and measured >= GOOD_SHARE * probe.bitrate:
            self._follow = measured
        self._end(good, now)
        if probe.duration < _duration(jitter) / 2:
            # The path turned out to jitter by more than the probe allowed for: that was no measurement.
            self._next_at = now
        return measured if measured > rate else 0

    def _confirmed(self, measured: int, rate: int, jitter: float) -> int:
        """The lesser of two results on a path with jitter; ``_unsure`` is set while the second is to come."""
        before, self._unsure = self._unsure, 0
        if before:
            return min(before, measured)
        if jitter > UNSURE and measured > GAIN * rate:
            self._unsure = measured
        return measured

    def _limit(self, measured: int, rate: int) -> None:
        """Two saturated results below the estimate correct it; one alone may be a delay that grew just then."""
        before, self._least = self._least, 0
        self.limit = 0
        if not self.saturated or not 0 < measured < rate / GAIN:
            return
        if before:
            self.limit = max(before, measured)
        else:
            self._least = measured

    def _measure(self, probe: Probe, inherent: float) -> int:
        got = self._got
        size = sum(entry[2] for entry in got)
        self.saturated = False
        if (
            len(got) < MIN_PACKETS - 1
            or size < MIN_RECEIVED * (size + self._lost)
            or size < probe.size * MIN_RECEIVED
        ):
            return 0
        got.sort()
        sizes = [entry[2] for entry in got]
        received_rate = _rate([entry[1] for entry in got], sizes) / (1 - inherent)
        sent_rate = min(
            _rate([entry[0] for entry in got], sizes) / (1 - inherent) or probe.bitrate,
            probe.bitrate,
        )
        self.saturated = received_rate < SATURATED * sent_rate
        if self.saturated:
            return int(UTILISATION * received_rate)
        return int(min(received_rate, sent_rate))

    def _end(self, good: bool, now: float) -> None:
        self._forget()
        self._ended_at = now
        if not good and self._early:
            # Nothing is known yet, and a first picture waits for this.
            self._early -= 1
            self._next_at = now + RETRY
            return
        self._early = 0
        self._interval = MIN_INTERVAL if good else min(2 * self._interval, MAX_INTERVAL)
        self._next_at = now + self._interval


def _duration(jitter: float) -> float:
    return min(DURATION + JITTER_TIMES * jitter, MAX_DURATION)


def _rate(times: list[float], sizes: list[int]) -> float:
    """bit/s: the inverse of the least-squares slope of time over bytes, which jitter and reordering hardly move. 0 for none."""
    n = len(times)
    place, places = 0, []
    for size in sizes:
        places.append(place)
        place += size
    mean_time, mean_place = sum(times) / n, sum(places) / n
    over = sum((at - mean_time) * (x - mean_place) for at, x in zip(times, places, strict=True))
    under = sum((x - mean_place) ** 2 for x in places)
    return 8 * under / over if over > 0.0 else 0.0
