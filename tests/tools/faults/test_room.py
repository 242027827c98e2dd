"""What a client knows of its room, and whom it shows."""

from __future__ import annotations

from typing import Any

from tools.faults.room import EXPECTED_SECONDS, Room, Shown


def state(*people: str, n: int = 1, epoch: str = "e") -> dict[str, Any]:
    return {"epoch": epoch, "n": n, "people": [{"id": id_} for id_ in people], "tracks": []}


def event(kind: str, n: int, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "epoch": "e", "n": n, **fields}


def test_events_change_the_room_and_a_missing_one_is_noticed() -> None:
    room = Room()
    room.take_state(state("ann"))
    track = {"id": "ben:camera", "participant": "ben", "muted": False}
    assert room.take_event(event("participant_joined", 2, person={"id": "ben"}))
    assert room.take_event(event("track_published", 3, track=track))
    assert room.take_event(event("track_muted", 4, track="ben:camera", muted=True))
    assert room.tracks["ben:camera"]["muted"]
    assert not room.take_event(event("participant_left", 6, participant="ann"))
    assert room.take_event(event("participant_left", 5, participant="ben"))
    assert (set(room.people), room.tracks) == ({"ann"}, {})
    assert room.take_event(event("participant_left", 4, participant="ann")), "it is old"
    assert set(room.people) == {"ann"}


def test_who_is_listed_twice_is_noticed() -> None:
    room = Room()
    room.take_state(state("ann", "ben", "ann"))
    assert room.doubles == ["ann"]


def test_who_has_not_arrived_at_another_worker_is_shown_for_a_while() -> None:
    shown = Shown()
    shown.enter("e", 0.0)
    assert shown.take({"ann", "ben"}, 0.0) == ({"ann", "ben"}, set())
    shown.enter("f", 10.0)
    assert shown.take({"ann"}, 10.0) == (set(), set())
    assert shown.take({"ann"}, 10.0 + EXPECTED_SECONDS) == (set(), {"ben"})


def test_who_has_arrived_and_leaves_is_not_expected() -> None:
    shown = Shown()
    shown.enter("e", 0.0)
    shown.take({"ann", "ben"}, 0.0)
    shown.enter("f", 10.0)
    shown.take({"ann", "ben"}, 11.0)
    assert shown.take({"ann"}, 12.0) == (set(), {"ben"})
