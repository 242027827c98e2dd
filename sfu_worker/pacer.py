"""How much may leave in one tick: a leaky bucket, without a timer per packet. Pure; sizes in bytes, rates in bit/s.

Media passes as it comes: to hold it back would add delay for nothing, as its rate is kept by the choice of layers. What is
held to the bucket is what comes in bursts of our own making: retransmissions, padding, and key frames far above the budget.
"""

from __future__ import annotations

from enum import IntEnum

TICK = 0.025
BURST = 0.1
"Seconds of budget that may leave at once after a silence; as much of debt is remembered while media is over the budget."
KEYFRAME_TIMES = 2.5
"A key frame may leave at this many times the budget (libwebrtc's pacing factor): more is spread over the next ticks."
MAX_WAIT = 0.25
"Seconds that the rest of a key frame waits at most; a decoder that waits longer shows a freeze."
REPAIR_SHARE = 0.5
"Of the bucket that retransmissions may take while media flows; a link that loses more needs less media, not more repair."


class Traffic(IntEnum):
    MEDIA = 0
    KEYFRAME = 1
    REPAIR = 2
    PADDING = 3


class Pacer:
    """One receiver's bucket. Call ``tick`` every 25 ms, ``sent`` with what left, ``may_send`` before what is held to it."""

    def __init__(self) -> None:
        self._level = 0.0
        self._repair = 0.0
        self._key = 0.0
        self._at = -1.0

    def tick(self, budget_bps: int, now: float) -> None:
        """Fill the bucket for the time that has passed since the last call."""
        elapsed = min(max(now - self._at, 0.0), BURST) if self._at >= 0.0 else TICK
        self._at = now
        rate = budget_bps / 8
        room = rate * BURST
        self._level = min(max(self._level + rate * elapsed, -room), room)
        self._repair = min(self._repair + rate * REPAIR_SHARE * elapsed, room * REPAIR_SHARE)
        self._key = min(max(self._key, 0.0) + rate * KEYFRAME_TIMES * elapsed, rate * KEYFRAME_TIMES * BURST)

    def sent(self, size: int, traffic: Traffic) -> None:
        """Bytes have left."""
        self._level -= size
        if traffic is Traffic.REPAIR:
            self._repair -= size
        elif traffic is Traffic.KEYFRAME:
            self._key -= size

    def may_send(self, traffic: Traffic) -> int:
        """Bytes of this class that may leave now. Media: always; the number is then meaningless and large."""
        if traffic is Traffic.MEDIA:
            return 1 << 30
        if traffic is Traffic.KEYFRAME:
            return max(0, int(self._key))
        if traffic is Traffic.REPAIR:
            # Repair comes before padding and does not starve while media uses the whole budget.
            return max(0, int(self._repair))
        return max(0, int(self._level))

    def split(self, sizes: list[int], traffic: Traffic, waited: float = 0.0) -> int:
        """How many packets from the front of a queue may leave in this tick; counts them as sent.

        ``waited`` is how long the first of them has waited, in s: after ``MAX_WAIT`` the rest of a key frame goes at once.
        At least one packet goes when anything may, so that a small budget still moves.
        """
        room = self.may_send(traffic)
        if traffic is Traffic.MEDIA or (traffic is Traffic.KEYFRAME and waited >= MAX_WAIT):
            count = len(sizes)
        else:
            count, total = 0, 0
            while count < len(sizes) and room > 0 and (count == 0 or total + sizes[count] <= room):
                total += sizes[count]
                count += 1
        for size in sizes[:count]:
            self.sent(size, traffic)
        return count
