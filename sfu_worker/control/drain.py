"""When a worker that drains has nothing to wait for. Pure: time is a parameter."""

from __future__ import annotations

# For so long no other worker must be there before this one gives up waiting for people to move: one
# that is being restarted may come back first.
NOWHERE_SECONDS = 2.0


class Drain:
    """Whether there is a worker that people can move to."""

    def __init__(self) -> None:
        self.others = False
        self._alone_since: float | None = None

    def note(self, others: bool | None, now: float) -> None:
        """Whether Redis names another worker that takes rooms; None: it did not answer."""
        self.others = bool(others)
        if others is not False:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now

    def nowhere(self, now: float) -> bool:
        """Whether nobody can move, and nobody will soon."""
        return self._alone_since is not None and now - self._alone_since > NOWHERE_SECONDS
