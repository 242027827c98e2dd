"""Hands: their order, and who has one."""

from __future__ import annotations

from sfu_worker import wire
from sfu_worker.call.room import Room
from tests.sfu_worker.builders.rooms import Recorder, join


def test_hands_are_in_the_order_in_which_they_were_raised(room: Room, said: Recorder) -> None:
    for who in ("ann", "ben", "obs"):
        room.join(join(who, kind="whip" if who == "obs" else "call"), 0)
    for who in ("ben", "ann", "ann", "obs"):
        room.raise_hand(room.participants[who], True)
    hands = {p.id: p.person.hand for p in room.participants.values()}
    assert 0 < hands["ben"] < hands["ann"]
    assert hands["obs"] == 0
    room.raise_hand(room.participants["ben"], False)
    changed = [e.person for e in said.group if isinstance(e, wire.ParticipantChanged)]
    assert [(p.id, p.hand > 0) for p in changed] == [("ben", True), ("ann", True), ("ben", False)]
