"""What leaves a room: its events, with the fence of the claim under which the worker holds it."""

from __future__ import annotations

from typing import Protocol

from sfu_worker import wire


class Bus(Protocol):
    """What a room needs of the bus."""

    def tell(self, reply: str, event: wire.Event, fence: int = 0) -> None: ...

    def tell_group(self, room: str, event: wire.Event, fence: int) -> None: ...


class Outbox:
    """The events of one room. ``fence`` may grow; a ``silent`` room says nothing any more."""

    def __init__(self, bus: Bus, room: str, fence: int) -> None:
        self.fence = fence
        self.silent = False
        self._bus = bus
        self._room = room

    def tell(self, reply: str, event: wire.Event) -> None:
        """Tell one reply channel."""
        if not self.silent:
            self._bus.tell(reply, event, self.fence)

    def tell_group(self, event: wire.Event) -> None:
        """Tell everyone in the room."""
        if not self.silent:
            self._bus.tell_group(self._room, event, self.fence)
