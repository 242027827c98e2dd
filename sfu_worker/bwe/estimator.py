"""What a receiver's network path takes: a send-side estimate from transport-wide feedback. Pure, time is a parameter.

One estimator per receiving transport. ``history.sent`` is called per packet and only writes two numbers into arrays; everything
else happens when a feedback message comes (every 50 to 250 ms), and on the worker's timer. The parts:

- ``bwe_delay``: does the queue grow? (trend of the one-way delay, adaptive threshold)
- ``bwe_queue``: how long is it, and how fast is it served?
- ``bwe_rate``: additive increase, multiplicative decrease
- ``bwe_loss``: the bound from losses
- ``bwe_probe``: bursts above the estimate, to rise quickly
- ``bwe_acked``: delivered and sent rates
"""

from __future__ import annotations

from math import sqrt

from sfu_worker.bwe.acked import AckedRate, SentRate
from sfu_worker.bwe.clock import ReceiverClock
from sfu_worker.bwe.delay import DelayDetector
from sfu_worker.bwe.history import RING, TICKS_PER_SECOND, PacketHistory
from sfu_worker.bwe.loss import LossBound
from sfu_worker.bwe.probe import Probe, Prober
from sfu_worker.bwe.queue import QueueLevel
from sfu_worker.bwe.rate import MAX_RATE, MIN_RATE, START_RATE, Overuse, RateControl
from sfu_worker.bwe.reports import Reports
from sfu_worker.bwe.rtt import Rtt
from sfu_worker.rtp.rtcp.types import TransportFeedback

LIMITED_SHARE = 0.65
"Sending less than this share of the estimate is limited by what there is to send (libwebrtc's alr_detector)."
LIMITED_RUN = 0.95
"A run of queued packets that is served at this share of the rate at which they were sent is not what fills the queue."
FALLEN_SHARE = 0.35
"A queue served at less than this share of what we send is a link that has fallen: no trend need confirm it."
# Another flow's burst takes half of a link for as long.
FALLEN_DELAY = 0.050
OVERUSE_DELAY = 0.065
"Seconds of queue without which a trend is taken for jitter: with 0.01 a path that wanders by ±30 ms never came to rest."
STANDING_DELAY, STANDING_SECONDS = 0.150, 0.6
"A queue that stays so long has no trend: it is full, or fed as fast as it is served."
DRAIN_FROM, DRAIN_TO = 0.2, 0.03
"Seconds of a queue of our own making, after a fall: from the one on next to nothing is sent until the other is reached."
DRAIN_SECONDS = 4.0
"A queue that stays longer is another flow's, and yielding to it would be to starve."
DRAIN_SHARE = 0.1
PACKET = 1200
CALM_SHARE = 0.4
"Of the delay that counts as a queue: a packet below it found none. 10 ms on a path without jitter."
MOST_CALM = 1000
"Packets in a message that may wait: four of them leave the ring far from full."
DECREASE_SHOWS = 2.0
"Seconds, and a round trip, after a decrease in which losses are still those of the queue that led to it."
SILENCE = 0.5
"Seconds, and three round trips, without feedback although packets are on their way, until the rate is cut; then again."
SILENT_SHARE = 0.7


class BandwidthEstimator:
    """Call ``history.sent`` for each packet, ``feedback``, ``remb`` and ``report`` as they come, ``tick`` every 25 to 100 ms.

    Times are seconds of one monotonic clock, greater than 0. Rates are bit/s.
    """

    def __init__(self, start: int = START_RATE) -> None:
        self._prober = Prober()
        # The packet path writes to it directly, which saves a call per packet.
        self.history = PacketHistory(self._prober.sent)
        self._counted = -1  # up to here the sent bytes are in _sent_rate
        self._rate = RateControl(start)
        self._delay = DelayDetector()
        self._queue = QueueLevel()
        self._loss = LossBound()
        self._acked = AckedRate()
        self._sent_rate = SentRate()
        self._rtt = Rtt()
        self._reports = Reports()
        self._next = -1  # the number that the next feedback message should begin with
        self._clock = ReceiverClock()
        self._feedback_at = -1.0
        self._remb = 0
        self._probed = False
        self._standing_since = 0.0
        self._flooded = False  # the last feedback told of more packets lost than received, by a queue that is full
        self.draining = False
        "Media should wait: a queue that came of a fall is being emptied. Set and cleared by ``feedback`` and ``tick``."
        self.overusing = False
        "The queue at the bottleneck grew at the last feedback."

    # What comes back

    def feedback(self, packets: TransportFeedback, now: float) -> None:
        """A transport-wide feedback message has come. Nonsense in it is passed over."""
        if self.history.last < 0 or not packets.arrivals:
            return
        reports, continuous = self._reports, packets.base_seq == self._next
        if continuous and self._calm(packets):
            reports.add(packets, now)
            self._next = (packets.base_seq + len(packets.arrivals)) & 0xFFFF
            self._feedback_at = now
            self.history.reached((self._next - 1) & 0xFFFF)
            if reports.enough:
                self._study_reports()
            return
        if reports.messages:
            self._study_reports()
        self._study(packets.base_seq, packets.arrivals, continuous, now)

    def _calm(self, packets: TransportFeedback) -> bool:
        """Whether a message brings no news and can wait for others: nothing is missing, and the newest packet found no queue.

        Not if it ends something: what was last known must be as calm.
        """
        queue, arrivals = self._queue, packets.arrivals
        most = CALM_SHARE * queue.threshold
        if (
            queue.delay >= most
            or self._loss.holds
            or self.draining
            or self._prober.waiting
            or None in arrivals
        ):
            return False
        last = packets.base_seq + len(arrivals) - 1
        send, newest, before = (
            self.history.pending_since(last),
            arrivals[-1] or 0,
            self._reports.newest or arrivals[0] or 0,
        )
        if (
            send is None
            or newest < before
            or (self.history.last - last) & 0xFFFF >= RING
            or len(arrivals) > MOST_CALM
        ):
            # Nonsense, or the receiver's reference time has begun anew.
            return False
        return (
            abs(queue.above(newest / TICKS_PER_SECOND + self._clock.offset(newest) - send)) < most
        )

    def _study_reports(self) -> None:
        reports, self._reports = self._reports, Reports()
        self._study(reports.base_seq, reports.arrivals, True, reports.at)

    def _study(self, base_seq: int, ticks: list[int | None], continuous: bool, now: float) -> None:
        """See what feedback means. ``continuous``: no message is missing before it."""
        offset = self._clock.offset(next((tick for tick in ticks if tick is not None), 0))
        follow = self._prober.acked if self._prober.waiting else None
        sends, arrivals, sizes, lost = self.history.collect(base_seq, ticks, offset, follow)
        if not sends and not lost:
            return
        self._next = (base_seq + len(ticks)) & 0xFFFF
        self._feedback_at = now
        self._count_sent(now)
        if sends:
            newest = max(arrivals)
            if self._clock.jumped(newest, now):
                self._delay.reset()
                self._queue.reset()
                self._acked.reset()
            self._acked.add(arrivals, sizes, newest, continuous)
            self._queue.add(sends, arrivals, sizes, continuous, now)
            self._rtt.sample(now - sends[-1], now)
        trend = self._grows(sends, arrivals)
        # What is lost just after a decrease was sent before it, and what arrives then is less than what fits; what is lost
        # in a probe says that the probe was too much.
        settled = now - self._rate.decreased_at > DECREASE_SHOWS + self.rtt
        settled = settled and not self.draining and not self._prober.disturbs(now)
        queued = self._queue.delay > self._queue.threshold
        self._flooded = queued and lost > len(sends)
        self._loss.add(len(sends), lost, queued, self._acked.rate if settled else 0, now)
        self._decide(trend, now)

    def _grows(self, sends: list[float], arrivals: list[float]) -> bool:
        """Whether delays have a trend that counts."""
        if self._queue.delay > OVERUSE_DELAY / 2:
            return self._delay.add(sends, arrivals)
        if sends:
            self._delay.keep(sends, arrivals)
        return False

    def remb(self, bitrate: int, now: float) -> None:
        """The receiver's own estimate (draft-alvestrand-rmcat-remb): counts until transport-wide feedback comes."""
        self._remb = min(max(bitrate, MIN_RATE), MAX_RATE)

    def report(self, fraction_lost: int, rtt: float | None, now: float) -> None:
        """A receiver report: loss in 1/256 and the round trip in s, if it says it. Its loss counts only without feedback."""
        if rtt is not None:
            self._rtt.reported(rtt, now)
        if self._feedback_at < 0.0:
            lost = min(max(fraction_lost, 0), 255) * 100 // 256
            self._loss.add(100 - lost, lost, False, int(self._rate.rate * (100 - lost) / 100), now)

    # Deciding

    def _decide(self, trend: bool, now: float) -> None:
        rate, queue, delivered = self._rate, self._queue, self._delivered
        fallen = self._fallen()
        stands = self._stands(now)
        grows = (
            trend and queue.delay > OVERUSE_DELAY + queue.jitter and not self._prober.disturbs(now)
        )
        self.overusing = fallen or grows or stands
        shown = (
            self._prober.result(rate.rate, self._loss.inherent, self._jitter, now)
            if self._prober.waiting
            else 0
        )
        if self.overusing:
            # Packets from before the last decrease only tell what led to it.
            if fallen or stands or self._delay.begins > rate.decreased_at:
                rate.decrease(self._overuse(fallen or self.draining), now)
                self.draining |= fallen and self.backlog(now) > DRAIN_FROM
            self._prober.put_off(now)
        elif self._loss.holds or (queue.delay > queue.threshold and not self._harmless):
            rate.hold(now)
        else:
            rate.increase(delivered, self.rtt, now)
        if shown and not self.overusing:
            rate.probed(shown, self._prober.saturated, now)
            self._loss.raised(shown)
            self._probed = True
        if self._prober.limit:
            rate.limited(self._prober.limit, delivered, now)
            self._prober.limit = 0
        rate.cap(self._loss.bound)
        self._drain(now)

    def _stands(self, now: float) -> bool:
        """Whether a long queue has stayed for a while, since it came or since the last decrease."""
        if self._queue.delay < STANDING_DELAY + 2 * self._queue.jitter:
            self._standing_since = now
            return False
        return now - max(self._standing_since, self._rate.decreased_at) > STANDING_SECONDS

    def _fallen(self) -> bool:
        """Whether the queue is served so much more slowly than we send that no trend need confirm it."""
        queue = self._queue
        if (
            queue.delay < FALLEN_DELAY + 2 * queue.jitter
            or not 0 < queue.capacity < self._rate.rate
        ):
            return False
        # What is dropped is not among what was offered: a queue that overflows serves all that it takes.
        offered = (
            self._sent_rate.rate if self._flooded else min(self._sent_rate.rate, queue.offered)
        )
        return queue.capacity < FALLEN_SHARE * offered

    @property
    def _harmless(self) -> bool:
        """All that we send comes through, so a queue that there is is not ours."""
        return self._queue.capacity > LIMITED_RUN * self._queue.offered

    def _overuse(self, fallen: bool) -> Overuse:
        queue = self._queue
        return Overuse(
            served=self._capacity or self._delivered,
            sent=self._sent_rate.rate,
            measured=bool(queue.capacity),
            limited=not fallen and self._harmless,
            fallen=fallen,
        )

    def tick(self, now: float) -> None:
        """Timer: notice that a queue is gone, and that feedback does not come any more."""
        self._drain(now)
        if (
            now - self._feedback_at <= SILENCE
            or self._feedback_at < 0.0
            or self.history.newest_acked == self.history.last
        ):
            return
        waited = now - max(self._feedback_at, self._oldest_open(now))
        if waited > SILENCE + 3 * self.rtt and now - self._rate.decreased_at > SILENCE:
            self._rate.cap(SILENT_SHARE * self._rate.rate)
            self._rate.decreased_at = now

    def _drain(self, now: float) -> None:
        if self.draining and (
            self.backlog(now) < DRAIN_TO or now - self._rate.decreased_at > DRAIN_SECONDS
        ):
            self.draining = False

    def backlog(self, now: float) -> float:
        """Seconds that what is on its way beyond a round trip takes at the estimated rate: the queue as it is now."""
        if self.history.newest_acked < 0:
            return 0.0
        flying = 8 * self.history.in_flight / self.estimate
        return max(0.0, flying - (now - self._feedback_at) - self.rtt)

    def _oldest_open(self, now: float) -> float:
        """When the packet after the newest acknowledged one was sent."""
        send = self.history.pending_since((self.history.newest_acked + 1) & 0xFFFF)
        return now if send is None else send

    def _count_sent(self, now: float) -> None:
        last = self.history.last
        if self._counted >= 0:
            self._sent_rate.add(self.history.bytes_between(self._counted, last), now)
        self._counted = last

    # What it says

    @property
    def target(self) -> int:
        """What may be sent now, in bit/s: the estimate, and next to nothing while draining. 30 kbit/s to 100 Mbit/s."""
        return max(int(self.estimate * DRAIN_SHARE), MIN_RATE) if self.draining else self.estimate

    @property
    def estimate(self) -> int:
        """The capacity that our flow has, in bit/s: what layers are chosen by."""
        if self._feedback_at < 0.0 and self._remb:
            return int(max(min(self._remb, self._loss.bound), MIN_RATE))
        return self._rate.rate

    @property
    def _delivered(self) -> int:
        """The acknowledged rate as a send rate: before the losses that the path has anyway."""
        return int(self._acked.rate / (1 - self._loss.inherent))

    @property
    def _capacity(self) -> int:
        return int(self._queue.capacity / (1 - self._loss.inherent))

    @property
    def _jitter(self) -> float:
        """The path's, in s, without what comes of packets that wait for each other on a slow link."""
        link = self._rate.link.rate
        own = 8 * PACKET / link if link else 0.0
        return sqrt(max(0.0, self._queue.jitter**2 - own**2))

    @property
    def acknowledged(self) -> int:
        """The rate that arrives, in bit/s; 0 while not known."""
        return self._acked.rate

    @property
    def rtt(self) -> float:
        """The round trip in seconds; a guess until it is measured."""
        return self._rtt.value

    @property
    def measured_rtt(self) -> float | None:
        """The round trip in seconds; None until feedback or a report has told it."""
        return self._rtt.value if self._rtt.known else None

    @property
    def queue_delay(self) -> float:
        """Seconds that the newest reported packets stood in a queue."""
        return self._queue.delay

    @property
    def loss(self) -> float:
        """The share of packets lost in the last half second or so."""
        return self._loss.loss

    @property
    def path_loss(self) -> float:
        """The same while there was no queue: what the path loses by itself."""
        return self._loss.path

    @property
    def application_limited(self) -> bool:
        """Too little is sent to learn more from it: only a probe can raise the estimate beyond 1.5 times what is delivered."""
        return self._sent_rate.rate < LIMITED_SHARE * self.estimate

    def probe_due(self, now: float, wanted_bps: int) -> Probe | None:
        """A probe to send now, when the allocator would use more than ``target``; ``wanted_bps`` is what it would use in all."""
        if self._feedback_at < 0.0 and self._remb:
            return None
        if self._queue.delay > self._queue.threshold or self._loss.holds:
            return None
        return self._prober.due(
            self._rate.rate,
            min(wanted_bps, MAX_RATE),
            not self._probed,
            self.rtt,
            self._jitter,
            now,
        )
