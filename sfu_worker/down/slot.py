"""A slot: what a client wants to receive there, and what it was told of it."""

from __future__ import annotations

from collections.abc import Callable

from sfu_worker.down.output import Line, Output
from sfu_worker.down.receiver import Receiver
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack


class Slot:
    """One m-line in which a client receives, over the output that fills it."""

    __slots__ = (
        "__weakref__",
        "height",
        "kind",
        "limit",
        "mid",
        "output",
        "paused_why",
        "priority",
        "told_limit",
        "track",
        "voices",
        "wanted",
    )

    def __init__(
        self, mid: str, line: Line, receiver: Receiver, on_bound: Callable[[Slot], None]
    ) -> None:
        self.mid = mid
        self.kind = line.kind
        self.output = Output(line, receiver, lambda: on_bound(self))
        # The id of the track that the client wants here; '' for none.
        self.wanted = ""
        # In pixels; 0 is as large as there is.
        self.height = 0
        self.priority = 0
        # Whether the worker chooses the track: a voice that no other slot carries.
        self.voices = False
        self.track: UpTrack | None = None
        self.paused_why = "unwanted"
        # Why the slot carries less than it might, as ``wire.SlotBound`` has it: now, and as the
        # client knows it.
        self.limit = self.told_limit = ""

    @property
    def layer(self) -> UpLayer | None:
        """What is forwarded now."""
        return self.output.layer

    def wish(self, track: str, height: int, priority: int, *, voices: bool = False) -> None:
        """Note what the client wants. A voice that is here stays when the wish is repeated."""
        if not (voices and self.voices):
            self.wanted = track
        self.voices = voices
        self.height = height
        self.priority = priority

    def want(self, track: str) -> None:
        """Note a track that the worker has chosen."""
        self.wanted = track

    def carry(self, track: UpTrack, now: float) -> None:
        """Subscribe to a track. Which of its layers is forwarded is up to ``Egress.choose``."""
        if self.track is not track:
            # The page shows another name under this picture already.
            self.release(now)
            self.track = track
            track.subscribers.append(self)

    def release(self, now: float) -> None:
        """Carry nothing."""
        self.output.stop(now)
        self._unsubscribe()

    def _unsubscribe(self) -> None:
        if self.track is not None:
            if self in self.track.subscribers:
                self.track.subscribers.remove(self)
            self.track = None

    def pause(self, why: str) -> bool:
        """Note why the slot carries nothing, '' when it does. Returns whether that is news."""
        news = self.paused_why != why
        self.paused_why = why
        return news

    def limited(self, why: str) -> None:
        """Note what keeps the slot from carrying more; '' for nothing."""
        self.limit = why

    def tell_limit(self) -> str:
        """The limit, which the client is told now."""
        self.told_limit = self.limit
        return self.limit

    def close(self, now: float) -> None:
        """The end of the slot: it lets go of everything."""
        self.output.close(now)
        self._unsubscribe()
