"""A bound on the rate from losses, which tells a path that loses anyway from a queue that overflows. Pure.

Plain GCC (section 6) cuts at every loss above 10 %, and so starves on a radio link that loses 15 % at any rate; repair deals
with such losses. As libwebrtc's newer estimator does, we keep the *inherent* loss of the path apart from the rest.
"""

from __future__ import annotations

from collections import deque

WINDOW = 0.4
MIN_PACKETS = 30
"A window of losses is at least so long (s), and so many packets."
MEMORY = 5.0
"Seconds of loss without a queue, of which half the windows lost more than the path loses at any rate."
SCATTER = 2.0
"Standard deviations by which a window of so few packets may be off: 4 of 40 are lost by chance every few seconds at 5 %."
MAX_INHERENT = 0.25
"More than this no repair makes watchable: it always counts as congestion."
GROW_BELOW, CUT_ABOVE = 0.02, 0.10
"Excess loss: GCC's thresholds, on what goes beyond the inherent loss."
CUT_FLAT = 0.20
"Excess loss that counts as congestion even when no delay is seen: a policer, or a tiny buffer."
GROWTH = 1.05
"Per window without excess loss."
DELIVERED_SHARE = 0.95
NONE = 1 << 40
"No bound, in bit/s."


class LossBound:
    """Updated with each feedback message."""

    def __init__(self) -> None:
        self.bound = NONE
        "bit/s"
        self.inherent = 0.0
        "The share of packets that the path loses at any rate."
        self.loss = 0.0
        "The share lost in the last window."
        self.path = 0.0
        "The same of the last window without a queue, probe or decrease: what is lost without our doing."
        self.holds = False
        "Losses say that the rate must not grow now."
        self._received = self._lost = 0
        self._since = -1.0
        self._windows: deque[tuple[float, float]] = deque()

    def add(self, received: int, lost: int, queued: bool, delivered: int, now: float) -> None:
        """Count packets; ``queued``: their delay shows a queue; ``delivered``: acknowledged bit/s, 0 while it settles."""
        if self._since < 0.0:
            self._since = now
        self._received += received
        self._lost = max(0, self._lost + lost)
        total = self._received + self._lost
        if now - self._since < WINDOW or total < MIN_PACKETS:
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
            # Full queues lose packets: that says nothing about the path without them, unless it is less than was thought.
            self.inherent = min(self.inherent, loss)
            return
        windows.append((now, loss))
        while now - windows[0][0] > MEMORY:
            windows.popleft()
        # The first windows of a call are sent at a low rate: what they lose is the path's.
        usual = sorted(entry[1] for entry in windows)[len(windows) // 2]
        self.inherent = min(usual, MAX_INHERENT)

    def _bound(self, loss: float, total: int, queued: bool, delivered: int) -> None:
        excess = loss - self.inherent
        scatter = SCATTER * (self.inherent * (1 - self.inherent) / total) ** 0.5
        self.holds = excess > GROW_BELOW + scatter
        if excess > (CUT_ABOVE if queued else CUT_FLAT) + scatter:
            if delivered:
                # What came through is what the bottleneck can do, less what the path loses anyway.
                self.bound = min(self.bound, int(DELIVERED_SHARE * delivered / (1 - self.inherent)))
        elif not self.holds and self.bound < NONE:
            self.bound = min(NONE, int(self.bound * GROWTH))

    def raised(self, rate: int) -> None:
        """A probe has shown that ``rate`` fits."""
        if self.bound < rate:
            self.bound = rate
