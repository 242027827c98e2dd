"""When packets of each track came to one receiver, whatever connection they came by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Arrivals:
    """Counts and gaps by track. Times are monotonic seconds.

    ``names`` maps the number that is in each packet of a stream to its track. All clients of a
    process share it, and write their own streams into it.
    """

    def __init__(self, names: Mapping[int, str]) -> None:
        self.count: dict[str, int] = {}
        self._names = names
        self._last: dict[str, float] = {}
        self._longest: dict[str, float] = {}

    def heard(self, stream: int, now: float) -> None:
        """Note a packet."""
        track = self._names.get(stream)
        if track is None:
            return
        last = self._last.get(track, now)
        if now - last > self._longest.get(track, 0.0):
            self._longest[track] = now - last
        self._last[track] = now
        self.count[track] = self.count.get(track, 0) + 1

    def begin(self) -> None:
        """Measure gaps from now on. A gap that is open counts from its last packet."""
        self._longest.clear()

    def gap(self, track: str, now: float) -> float:
        """The longest time without a packet since ``begin``, the present one included."""
        open_gap = now - self._last[track] if track in self._last else float("inf")
        return max(self._longest.get(track, 0.0), open_gap)

    def last(self, tracks: Iterable[str]) -> float:
        """When the latest packet of any of these tracks came; 0 if none did."""
        return max((self._last.get(track, 0.0) for track in tracks), default=0.0)
