"""The path as feedback shows it: queue, acknowledged and sent bitrate, round trip. Pure.

Feedback that brings no news waits until several messages can be studied together.
"""

from __future__ import annotations

from sfu_worker.bwe.acked import AckedRate, SentRate
from sfu_worker.bwe.clock import ReceiverClock
from sfu_worker.bwe.history import RING, TICKS_PER_SECOND, Follow, PacketHistory
from sfu_worker.bwe.queue import QueueLevel
from sfu_worker.bwe.reports import REPORTS, Reports
from sfu_worker.bwe.rtt import Rtt
from sfu_worker.rtp.rtcp.types import TransportFeedback

# The news in feedback: send times and arrivals in s, how many packets were lost, and whether the
# receiver's clock was set, so that these times have nothing to do with earlier ones.
Study = tuple[list[float], list[float], int, bool]


class Measurements:
    """Follows one receiver's feedback on the packets in ``history``."""

    def __init__(self, history: PacketHistory) -> None:
        self.history = history
        self.queue = QueueLevel()
        self.acked = AckedRate()
        self.sent = SentRate()
        self.rtt = Rtt()
        # Messages that wait to be studied.
        self.reports = Reports()
        # When the last feedback came; negative before the first.
        self.heard_at = -1.0
        self._clock = ReceiverClock()
        # The number that the next message begins with if none is lost.
        self._next = -1
        # Up to this number the bytes sent are counted in ``sent``.
        self._counted = -1

    @property
    def heard(self) -> bool:
        """Whether any feedback has come."""
        return self.heard_at >= 0.0

    def continues(self, packets: TransportFeedback) -> bool:
        """Whether no message is missing before this one."""
        return packets.base_seq == self._next

    def defer(self, packets: TransportFeedback, now: float) -> bool:
        """Keep a message in ``reports`` if it brings no news. False: it must be studied now."""
        if not self.continues(packets) or not self._calm(packets):
            return False
        self.reports.add(packets, now)
        self._next = (packets.base_seq + len(packets.arrivals)) & 0xFFFF
        self.heard_at = now
        self.history.reached((self._next - 1) & 0xFFFF)
        return True

    def _calm(self, packets: TransportFeedback) -> bool:
        """Whether nothing is missing and the newest packet met no queue, as before."""
        queue, arrivals = self.queue, packets.arrivals
        most = REPORTS.calm_share * queue.threshold
        if queue.delay >= most or None in arrivals:
            return False
        last = packets.base_seq + len(arrivals) - 1
        send = self.history.pending_since(last)
        newest, before = arrivals[-1] or 0, self.reports.newest or arrivals[0] or 0
        if (
            send is None
            or newest < before
            or (self.history.last - last) & 0xFFFF >= RING
            or len(arrivals) > REPORTS.most_packets
        ):
            # Nonsense, or the receiver's reference time has wrapped.
            return False
        arrival = newest / TICKS_PER_SECOND + self._clock.offset(newest)
        return abs(queue.above(arrival - send)) < most

    def take_reports(self) -> Reports:
        """Return the messages that waited, and forget them."""
        reports, self.reports = self.reports, Reports()
        return reports

    def study(
        self,
        base_seq: int,
        ticks: list[int | None],
        continuous: bool,
        follow: Follow | None,
        now: float,
    ) -> Study | None:
        """Measure what feedback shows; None when it says nothing about packets in flight.

        ``continuous``: no message is missing before it. ``follow`` is told of each packet.
        """
        offset = self._clock.offset(next((tick for tick in ticks if tick is not None), 0))
        sends, arrivals, sizes, lost = self.history.collect(base_seq, ticks, offset, follow)
        if not sends and not lost:
            return None
        self._next = (base_seq + len(ticks)) & 0xFFFF
        self.heard_at = now
        self._count_sent(now)
        jumped = False
        if sends:
            newest = max(arrivals)
            jumped = self._clock.jumped(newest, now)
            if jumped:
                self.queue.reset()
                self.acked.reset()
            self.acked.add(arrivals, sizes, newest, continuous)
            self.queue.add(sends, arrivals, sizes, continuous, now)
            self.rtt.sample(now - sends[-1], now)
        return sends, arrivals, lost, jumped

    def _count_sent(self, now: float) -> None:
        last = self.history.last
        if self._counted >= 0:
            self.sent.add(self.history.bytes_between(self._counted, last), now)
        self._counted = last
