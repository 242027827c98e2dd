"""Who holds a room: a worker, under a number that grows with each holder (a fencing token)."""

from __future__ import annotations

from typing import NamedTuple

from sfu_worker.wire.common import WireError


class Claim(NamedTuple):
    """Of two claims to a room the one with the higher ``fence`` is the later one, and holds."""

    fence: int
    worker: str

    def __str__(self) -> str:
        """The value of ``room_key``."""
        return f"{self.fence} {self.worker}"

    @classmethod
    def parse(cls, text: str) -> Claim:
        """Read what ``str`` wrote. Raises WireError."""
        fence, blank, worker = text.partition(" ")
        if not (fence.isdecimal() and blank and worker):
            raise WireError("a claim is a number and a worker")
        return cls(int(fence), worker)
