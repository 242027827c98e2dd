"""The bandwidth to one receiver, estimated by the sender from transport-wide feedback. Pure.

One estimator per receiving transport. ``history.sent`` is called per packet and only writes two
numbers into arrays. Everything else happens when feedback comes (every 50 to 250 ms), and on the
worker's timer. The parts:

- ``history``: the packets sent, and their fate
- ``measurements``: from feedback, with ``queue``, ``acked``, ``rtt``, ``clock``, ``reports``
- ``overuse``: do we fill the queue? With ``delay``, the trend of the one-way delay
- ``rate``: additive increase, multiplicative decrease
- ``loss``: the bound that packet loss sets
- ``probe``: bursts above the estimate, to rise quickly
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from sfu_worker.bwe.history import PacketHistory
from sfu_worker.bwe.loss import LossBound
from sfu_worker.bwe.measurements import Measurements
from sfu_worker.bwe.overuse import OveruseDetector
from sfu_worker.bwe.probe import Probe, Prober
from sfu_worker.bwe.rate import MAX_RATE, MIN_RATE, START_RATE, Overuse, RateControl
from sfu_worker.rtp.rtcp.types import TransportFeedback

# Bytes of a full packet.
PACKET = 1200


@dataclass(frozen=True, slots=True)
class DrainConfig:
    """When to stop sending media so that a queue of our own making drains."""

    # Seconds of queue after a fall of capacity from which to drain, and at which to stop draining.
    start: float = 0.2
    stop: float = 0.03
    # Seconds. A queue that stays longer is another flow's, and to yield to it would be to starve.
    longest: float = 4.0
    # Share of the estimate that is sent meanwhile.
    share: float = 0.1


@dataclass(frozen=True, slots=True)
class SilenceConfig:
    """When missing feedback cuts the rate."""

    # Seconds without feedback, beyond three round trips, although packets are in flight. Also the
    # least time between two cuts.
    after: float = 0.5
    # Share of the rate that is left after each cut.
    share: float = 0.7


DRAIN = DrainConfig()
SILENCE = SilenceConfig()
# Seconds, beyond a round trip, after a decrease in which packets are still lost to the queue that
# led to it.
DECREASE_SHOWS = 2.0


class BandwidthEstimator:
    """Estimates the bandwidth to one receiver.

    Call ``history.sent`` for each packet, ``feedback``, ``remb`` and ``report`` as they come, and
    ``tick`` every 25 to 100 ms. Times are seconds of one monotonic clock, greater than 0. Rates are
    bit/s.
    """

    def __init__(self, start: int = START_RATE) -> None:
        self._prober = Prober()
        # The packet path writes to it directly, which saves a call per packet.
        self.history = PacketHistory(self._prober.sent)
        self._measured = Measurements(self.history)
        self._overuse = OveruseDetector(self._measured)
        self._rate = RateControl(start)
        self._loss = LossBound()
        # The receiver's own estimate; 0 before it sends one.
        self._remb = 0
        # A probe has raised the estimate.
        self._probed = False
        # The capacity has fallen and media should wait while the queue drains. Set by ``feedback``,
        # cleared by ``feedback`` and ``tick``.
        self.draining = False

    # Input

    def feedback(self, packets: TransportFeedback, now: float) -> None:
        """Take a transport-wide feedback message. Nonsense in it is ignored."""
        if self.history.last < 0 or not packets.arrivals:
            return
        measured = self._measured
        alert = self._loss.holds or self.draining or self._prober.waiting
        if not alert and measured.defer(packets, now):
            if measured.reports.enough:
                self._study_reports()
            return
        continuous = measured.continues(packets)
        if measured.reports.messages:
            self._study_reports()
        self._study(packets.base_seq, packets.arrivals, continuous, now)

    def _study_reports(self) -> None:
        reports = self._measured.take_reports()
        self._study(reports.base_seq, reports.arrivals, True, reports.at)

    def _study(self, base_seq: int, ticks: list[int | None], continuous: bool, now: float) -> None:
        """Learn from feedback. ``continuous``: no message is missing before it."""
        measured, prober = self._measured, self._prober
        follow = prober.acked if prober.waiting else None
        study = measured.study(base_seq, ticks, continuous, follow, now)
        if study is None:
            return
        sends, arrivals, lost, jumped = study
        self._overuse.add(sends, arrivals, lost, jumped)
        # Packets lost just after a decrease were sent before it, and the acknowledged bitrate is
        # still below what fits. Packets lost in a probe only say that the probe was too much.
        settled = (
            now - self._rate.decreased_at > DECREASE_SHOWS + self.rtt
            and not self.draining
            and not prober.disturbs(now)
        )
        delivered = measured.acked.rate if settled else 0
        self._loss.add(len(sends), lost, measured.queue.occupied, delivered, now)
        self._decide(now)

    def remb(self, bitrate: int, now: float) -> None:
        """Take the receiver's own estimate (draft-alvestrand-rmcat-remb).

        It counts until transport-wide feedback comes.
        """
        self._remb = min(max(bitrate, MIN_RATE), MAX_RATE)

    def report(self, fraction_lost: int, rtt: float | None, now: float) -> None:
        """Take a receiver report: packet loss in 1/256, and the round trip in s if it has one.

        Its loss counts only if there is no feedback.
        """
        if rtt is not None:
            self._measured.rtt.reported(rtt, now)
        if not self._measured.heard:
            lost = min(max(fraction_lost, 0), 255) * 100 // 256
            self._loss.add(100 - lost, lost, False, int(self._rate.rate * (100 - lost) / 100), now)

    # Decision

    def _decide(self, now: float) -> None:
        rate, prober, overuse = self._rate, self._prober, self._overuse
        fallen = overuse.fallen(rate.rate)
        stands = overuse.stands(rate.decreased_at, now)
        overusing = fallen or stands or (overuse.grows and not prober.disturbs(now))
        shown = self._probe_result(now) if prober.waiting else 0
        if overusing:
            # Packets sent before the last decrease only show what led to it.
            if fallen or stands or overuse.trend_begins > rate.decreased_at:
                self._decrease(fallen, now)
            prober.put_off(now)
        elif self._loss.holds or (self._measured.queue.occupied and not overuse.harmless):
            rate.hold(now)
        else:
            rate.increase(self._delivered, self.rtt, now)
        if shown and not overusing:
            rate.probed(shown, prober.saturated, now)
            self._loss.raised(shown)
            self._probed = True
        if prober.limit:
            rate.limited(prober.limit, self._delivered, now)
            prober.limit = 0
        rate.cap(self._loss.bound)
        self._drain(now)

    def _probe_result(self, now: float) -> int:
        return self._prober.result(self._rate.rate, self._loss.inherent, self._jitter, now)

    def _decrease(self, fallen: bool, now: float) -> None:
        self._rate.decrease(self._evidence(fallen or self.draining), now)
        self.draining |= fallen and self.backlog(now) > DRAIN.start

    def _evidence(self, fallen: bool) -> Overuse:
        queue = self._measured.queue
        capacity = self._before_loss(queue.capacity)
        return Overuse(
            served=capacity or self._delivered,
            sent=self._measured.sent.rate,
            measured=bool(queue.capacity),
            limited=not fallen and self._overuse.harmless,
            fallen=fallen,
        )

    def tick(self, now: float) -> None:
        """Timer: notice that the queue has drained, or that feedback has stopped."""
        self._drain(now)
        history, heard_at = self.history, self._measured.heard_at
        if now - heard_at <= SILENCE.after or heard_at < 0.0 or not history.in_doubt:
            return
        oldest = history.pending_since((history.newest_acked + 1) & 0xFFFF)
        waited = now - max(heard_at, now if oldest is None else oldest)
        if waited > SILENCE.after + 3 * self.rtt and now - self._rate.decreased_at > SILENCE.after:
            self._rate.cap(SILENCE.share * self._rate.rate)
            self._rate.decreased_at = now

    def _drain(self, now: float) -> None:
        if self.draining and (
            self.backlog(now) < DRAIN.stop or now - self._rate.decreased_at > DRAIN.longest
        ):
            self.draining = False

    def backlog(self, now: float) -> float:
        """Seconds of queue at this moment.

        That is how long the bytes in flight take at the estimated rate, beyond one round trip.
        """
        if self.history.newest_acked < 0:
            return 0.0
        in_flight = 8 * self.history.in_flight / self.estimate
        return max(0.0, in_flight - (now - self._measured.heard_at) - self.rtt)

    # Results

    @property
    def target(self) -> int:
        """The rate at which we may send now, in bit/s, from 30 kbit/s to 100 Mbit/s.

        It is the estimate, or next to nothing while draining.
        """
        return max(int(self.estimate * DRAIN.share), MIN_RATE) if self.draining else self.estimate

    @property
    def estimate(self) -> int:
        """The bandwidth that our flow has, in bit/s; layers are chosen by it."""
        if not self._measured.heard and self._remb:
            return int(max(min(self._remb, self._loss.bound), MIN_RATE))
        return self._rate.rate

    @property
    def _delivered(self) -> int:
        return self._before_loss(self._measured.acked.rate)

    def _before_loss(self, rate: int) -> int:
        """Return the send rate of which ``rate`` arrives, given the path's inherent loss."""
        return int(rate / (1 - self._loss.inherent))

    @property
    def _jitter(self) -> float:
        """The path's jitter in s.

        Packets also wait for each other on a slow link: that share is taken out.
        """
        link = self._rate.link.rate
        own = 8 * PACKET / link if link else 0.0
        return sqrt(max(0.0, self._measured.queue.jitter**2 - own**2))

    @property
    def acknowledged(self) -> int:
        """The acknowledged bitrate: what arrives, in bit/s; 0 while it is not known."""
        return self._measured.acked.rate

    @property
    def rtt(self) -> float:
        """The round trip in seconds; a guess until it is measured."""
        return self._measured.rtt.value

    @property
    def measured_rtt(self) -> float | None:
        """The round trip in seconds; None until feedback or a report has told it."""
        return self._measured.rtt.value if self._measured.rtt.known else None

    @property
    def queue_delay(self) -> float:
        """Seconds that the packets reported last have spent in a queue."""
        return self._measured.queue.delay

    @property
    def loss(self) -> float:
        """The share of packets lost in the last half second or so."""
        return self._loss.loss

    @property
    def path_loss(self) -> float:
        """The same while there was no queue: what the path loses by itself."""
        return self._loss.path

    def _outdated(self, now: float) -> bool:
        """Whether queue and loss may have changed unseen: nothing was sent for a while.

        If no media leaves because the estimate is too low, only a probe can bring new feedback.
        """
        silent = now - self._measured.heard_at
        return silent > DECREASE_SHOWS + self.rtt and not self.history.in_doubt

    def probe_due(self, now: float, wanted: int) -> Probe | None:
        """Return a probe to send now, if one is due.

        Ask when more than ``target`` would be used: ``wanted`` is what would be in all, in bit/s.
        """
        if not self._measured.heard and self._remb:
            return None
        if (self._measured.queue.occupied or self._loss.holds) and not self._outdated(now):
            return None
        return self._prober.due(
            self._rate.rate,
            min(wanted, MAX_RATE),
            not self._probed,
            self.rtt,
            self._jitter,
            now,
        )
