"""What the worker asks a sender for: missing packets (NACK) and key frames (PLI)."""

from __future__ import annotations

from collections.abc import Callable

from sfu_worker.rtp import rtcp

# Our SSRC in packets that are not about a slot: receiver reports, feedback, NACK and PLI.
OWN_SSRC = 1

# Seconds between two requests for a key frame to one source, however many receivers ask.
KEYFRAME_INTERVAL = 0.5


class Requests:
    """The requests about one stream. ``send_rtcp`` takes a compound packet."""

    __slots__ = ("_asked_at", "_send_rtcp", "_ssrc", "keyframe_due", "nacks", "plis")

    def __init__(self, ssrc: int, send_rtcp: Callable[[bytes], None]) -> None:
        # Messages sent so far.
        self.nacks = 0
        self.plis = 0
        # A key frame was asked for too early; it is requested as soon as the interval allows.
        self.keyframe_due = False
        self._ssrc = ssrc
        self._send_rtcp = send_rtcp
        self._asked_at = -1.0

    def keyframe(self, now: float) -> None:
        """Ask for a key frame, or note that one is due."""
        if now - self._asked_at < KEYFRAME_INTERVAL:
            self.keyframe_due = True
            return
        self._asked_at = now
        self.keyframe_due = False
        self.plis += 1
        self._send_rtcp(rtcp.build_pli(OWN_SSRC, self._ssrc))

    def packets(self, missing: list[int]) -> None:
        """Ask for these sequence numbers again."""
        self.nacks += 1
        self._send_rtcp(rtcp.build_nack(OWN_SSRC, self._ssrc, missing))

    def close(self) -> None:
        """The stream is gone: nothing is asked for any more."""
        self._send_rtcp = _nowhere


def _nowhere(_data: bytes) -> None:
    """Takes the requests of a stream that has ended."""
