"""A bound on the rate from packet loss. Pure.

Plain GCC (draft-ietf-rmcat-gcc-02, 6) cuts the rate at every loss above 10 %, so it starves on a
radio link that loses 15 % at any rate. Repair copes with such losses. Like libwebrtc's newer
loss_based_bwe_v2, we tell the *inherent* loss of the path from that of a queue that overflows.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LossWindowConfig:
    """How packet loss is measured, and how much of it is inherent in the path."""

    # A window lasts at least this many seconds and packets.
    seconds: float = 0.4
    packets: int = 30
    # Seconds of windows without a queue. The inherent loss is their median.
    memory: float = 5.0
    # More than this no repair makes watchable: the rest always counts as congestion.
    most_inherent: float = 0.25


@dataclass(frozen=True, slots=True)
class LossBoundConfig:
    """How the bound follows excess loss, which is the loss beyond the inherent one."""

    # Below the first share the bound may grow, above the second it is cut if there is a queue:
    # GCC's thresholds (draft-ietf-rmcat-gcc-02, 6), applied to the excess.
    grow_below: float = 0.02
    cut_above: float = 0.10
    # Share that is congestion even if no delay is seen: a policer, or a tiny buffer.
    cut_without_queue: float = 0.20
    # Standard deviations by which a small window may be off: at 5 % of loss, 4 of 40 packets are
    # lost by chance every few seconds.
    scatter: float = 2.0
    # Factor on the bound for each window without excess loss.
    growth: float = 1.05
    # Share of the acknowledged bitrate to which the bound is cut.
    delivered_share: float = 0.95


LOSS_WINDOW = LossWindowConfig()
LOSS_BOUND = LossBoundConfig()
# bit/s: no bound.
NONE = 1 << 40


class LossBound:
    """Updated with each feedback message."""

    def __init__(self) -> None:
        # bit/s
        self.bound = NONE
        # The share of packets that the path loses at any rate.
        self.inherent = 0.0
        # The share lost in the last window.
        self.loss = 0.0
        # The same for the last window without a queue, a probe or a decrease: not our doing.
        self.path = 0.0
        # Packet loss forbids any increase now.
        self.holds = False
        self._received = self._lost = 0
        self._since = -1.0
        # (when, share lost) of the windows without a queue.
        self._windows: deque[tuple[float, float]] = deque()

    def add(self, received: int, lost: int, queued: bool, delivered: int, now: float) -> None:
        """Count packets, received and lost.

        ``queued``: their delay shows a queue. ``delivered``: the acknowledged bitrate, 0 while it
        settles.
        """
        if self._since < 0.0:
            self._since = now
        self._received += received
        self._lost = max(0, self._lost + lost)
        total = self._received + self._lost
        if now - self._since < LOSS_WINDOW.seconds or total < LOSS_WINDOW.packets:
            return
        loss = self._lost / total
        self._received = self._lost = 0
        self._since = now
        if delivered and not queued:
            self.path = loss
        self._learn(loss, queued, now)
        self._bound(loss, total, queued, delivered)

    def _learn(self, loss: float, queued: bool, now: float) -> None:
        self.loss = loss
        windows = self._windows
        if queued:
            # A full queue loses packets, which says nothing about the path without it. But the
            # path cannot lose more than this.
            self.inherent = min(self.inherent, loss)
            return
        windows.append((now, loss))
        while now - windows[0][0] > LOSS_WINDOW.memory:
            windows.popleft()
        # A call begins at a low rate, so what its first windows lose is inherent.
        usual = sorted(entry[1] for entry in windows)[len(windows) // 2]
        self.inherent = min(usual, LOSS_WINDOW.most_inherent)

    def _bound(self, loss: float, total: int, queued: bool, delivered: int) -> None:
        excess = loss - self.inherent
        scatter = LOSS_BOUND.scatter * (self.inherent * (1 - self.inherent) / total) ** 0.5
        self.holds = excess > LOSS_BOUND.grow_below + scatter
        most = LOSS_BOUND.cut_above if queued else LOSS_BOUND.cut_without_queue
        if excess > most + scatter:
            if delivered:
                # The bottleneck carried what arrived, and what the path then lost anyway.
                carried = delivered / (1 - self.inherent)
                self.bound = min(self.bound, int(LOSS_BOUND.delivered_share * carried))
        elif not self.holds and self.bound < NONE:
            self.bound = min(NONE, int(self.bound * LOSS_BOUND.growth))

    def raised(self, rate: int) -> None:
        """A probe has shown that ``rate`` fits."""
        if self.bound < rate:
            self.bound = rate
