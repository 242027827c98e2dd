"""How often sound is said again to a receiver that loses packets. Pure, time is a parameter."""

from __future__ import annotations

from math import exp

# For each block: the loss from which it is sent, and the loss below which it is not any more.
#
# Of packets that are lost one by one with probability p, p^(n+1) stay lost with n blocks. Losses
# also come in bursts: where the next one is lost with q = 0.3 after a lost one, p * q^n stay lost.
# One block up to 8 % so leaves 0.6 to 2.4 %, two up to 20 % leave 0.8 to 1.8 %, three at 25 % 0.4
# to 0.7 %. From about 1 % on concealment is heard; below that not even one block is worth its rate,
# which is that of the sound itself. A fourth would come 80 ms late, when jitter buffers have gone
# on.
STEPS = ((0.01, 0.005), (0.08, 0.05), (0.20, 0.15))

# Time constant for the loss. Its windows of 30 packets scatter: with this, by half a percent when
# one percent of 50 packets a second is lost.
SMOOTHING_SECONDS = 1.5

# A block is sent at least this long after it was last needed: loss comes back, and a block is
# cheap.
KEPT_SECONDS = 10.0

# bit/s: sound above it (stereo music) is not repeated. Sent twice, it would cost as much as a
# small picture.
MAX_RATE = 160_000

# bit/s that sound and its repetitions may take whatever the estimate says: two or three voices. An
# estimate that low is often wrong on a link that loses packets, and then sound is all there is.
CERTAIN = 200_000


def affordable(blocks: int, repeated: int, sound: int, estimate: int) -> int:
    """How many of ``blocks`` fit into the estimate beside all ``sound``.

    ``repeated`` is the part of the sound that each block repeats. All rates are in bit/s.

    Many voices, each sent three times, can be more than a link takes. What is lost then would call
    for even more blocks.
    """
    while blocks and sound + blocks * repeated > max(estimate, CERTAIN):
        blocks -= 1
    return blocks


class Redundancy:
    """Call ``update`` a few times a second."""

    __slots__ = ("_at", "_called_for", "_loss", "blocks")

    def __init__(self) -> None:
        # Earlier packets that each packet of sound should repeat.
        self.blocks = 0
        self._loss = 0.0
        self._at = -1.0
        self._called_for = 0.0

    def update(self, loss: float, now: float) -> int:
        """Take the share of packets lost of late. Returns ``blocks``."""
        if self._at >= 0.0 and now > self._at:
            self._loss += (loss - self._loss) * (1 - exp((self._at - now) / SMOOTHING_SECONDS))
        self._at = now
        while self.blocks < len(STEPS) and self._loss >= STEPS[self.blocks][0]:
            self.blocks += 1
            self._called_for = now
        if self.blocks:
            if self._loss >= STEPS[self.blocks - 1][1]:
                self._called_for = now
            elif now - self._called_for >= KEPT_SECONDS:
                self.blocks -= 1
                self._called_for = now
        return self.blocks
