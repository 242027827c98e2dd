"""What a room is told and what it says."""

from __future__ import annotations

from sfu_worker import wire


class Recorder:
    """Bus and call log in one: what the room says."""

    def __init__(self) -> None:
        self.told: list[tuple[str, wire.Event]] = []
        self.group: list[wire.Event] = []
        self.calls: list[tuple[str, int]] = []

    def tell(self, reply: str, event: wire.Event, fence: int = 0) -> None:
        self.told.append((reply, event))

    def tell_group(self, room: str, event: wire.Event, fence: int) -> None:
        self.group.append(event)

    def call(self, room: str, epoch: str, event: str, people: int) -> None:
        self.calls.append((event, people))


def join(who: str, **more: object) -> wire.Join:
    fields = {
        "room": "garden",
        "participant": who,
        "name": who.title(),
        "role": "speaker",
        "publish": True,
        "reply": f"reply.{who}",
    }
    return wire.Join(**(fields | more))  # type: ignore[arg-type]
