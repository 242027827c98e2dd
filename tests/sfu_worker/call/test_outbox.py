from __future__ import annotations

from sfu_worker import wire
from sfu_worker.call.outbox import Outbox


class Bus:
    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    def tell(self, reply: str, event: wire.Event, fence: int = 0) -> None:
        self.sent.append((reply, fence))

    def tell_group(self, room: str, event: wire.Event, fence: int) -> None:
        self.sent.append((room, fence))


def test_events_carry_the_present_fence_and_a_silent_room_sends_none() -> None:
    bus = Bus()
    outbox = Outbox(bus, "garden", 3)
    outbox.tell("reply", wire.Removed("left"))
    outbox.fence = 5
    outbox.tell_group(wire.ParticipantLeft("garden", "e", 1, "ann"))
    assert bus.sent == [("reply", 3), ("garden", 5)]
    outbox.silent = True
    outbox.tell("reply", wire.Removed("left"))
    outbox.tell_group(wire.ParticipantLeft("garden", "e", 2, "ben"))
    assert len(bus.sent) == 2
