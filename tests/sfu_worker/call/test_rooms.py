"""The rooms of a worker: which are held, which were lost, and where a command goes."""

from __future__ import annotations

import pytest

from sfu_worker import wire
from sfu_worker.call.connection import Connection, Host
from sfu_worker.call.room import RETIRED_SECONDS, Room
from sfu_worker.call.rooms import Rooms
from tests.sfu_worker.builders.rooms import Recorder, join


@pytest.fixture
def rooms(host: Host, said: Recorder) -> Rooms:
    return Rooms(said, lambda slug, fence: Room(slug, fence, said, said, host))


def connect(room: Room, host: Host, *names: str) -> None:
    for name in names:
        p = room.participants[name]
        p.connection = Connection(host, p, p.tally)


def lose(rooms: Rooms, now: float) -> Room:
    """Another worker holds the garden."""
    room = rooms.held["garden"]
    rooms.kept("garden", room.epoch, room.fence, 0, now)
    assert "garden" not in rooms.held
    return room


async def test_a_lost_room_carries_media_in_silence_until_everyone_is_connected_elsewhere(
    rooms: Rooms, host: Host, said: Recorder
) -> None:
    for name in ("ann", "ben", "eve"):
        rooms.handle(join(name), 5, 0.0)
    connect(rooms.held["garden"], host, "ann", "ben")
    before = (list(said.told), list(said.group), list(said.calls))
    room = lose(rooms, 10.0)
    assert rooms.all == [room]
    assert list(room.participants) == ["ann", "ben"], "eve has no connection to keep"
    ann = room.participants["ann"]
    room.disconnected(ann, "dtls")
    assert list(room.participants) == ["ben"]
    room.report(10 + RETIRED_SECONDS)
    assert list(room.participants) == ["ben"]
    ben = room.participants["ben"]
    room.report(11 + RETIRED_SECONDS)
    rooms.forget_empty()
    assert rooms.all == []
    assert (said.told, said.group, said.calls) == before
    for p in (ann, ben):
        await p.closed()


async def test_streams_end_with_the_claim_since_their_programs_come_back_by_themselves(
    rooms: Rooms, host: Host
) -> None:
    rooms.handle(join("ann"), 5, 0.0)
    rooms.handle(join("obs", kind="whip"), 5, 0.0)
    connect(rooms.held["garden"], host, "ann", "obs")
    obs = rooms.held["garden"].participants["obs"]
    assert list(lose(rooms, 1.0).participants) == ["ann"]
    await obs.closed()
    for p in rooms.participants:
        p.disconnect(2.0)
        await p.closed()


async def test_a_room_that_is_placed_here_again_begins_beside_the_retired_one(
    rooms: Rooms, host: Host, said: Recorder
) -> None:
    rooms.handle(join("ann"), 5, 0.0)
    connect(rooms.held["garden"], host, "ann")
    old = lose(rooms, 1.0)
    # These were sent before the room was lost.
    rooms.handle(join("ben"), 5, 2.0)
    rooms.handle(wire.Snapshot("garden", "ann", "reply.ann"), 5, 2.0)
    assert rooms.all == [old]
    said.told.clear()
    rooms.handle(wire.Snapshot("garden", "ann", "reply.ann"), 7, 3.0)
    assert said.told == [("reply.ann", wire.Refused("snapshot", "not_in_room"))]
    rooms.handle(join("ann"), 7, 3.0)
    new = rooms.held["garden"]
    assert rooms.all == [new, old]
    assert new.epoch != old.epoch
    assert (new.born, len(new.people)) == (7, 1)
    # What Redis said of the old room does not concern the new one.
    rooms.kept("garden", old.epoch, 5, 0, 4.0)
    rooms.kept("garden", new.epoch, 6, 0, 4.0)
    assert rooms.held == {"garden": new}
    for p in rooms.participants:
        p.disconnect(5.0)
        await p.closed()


@pytest.mark.parametrize(
    "command",
    [
        wire.Offer("garden", "ann", "", reply="page", id=4),
        wire.Slots("garden", "ann", reply="page"),
        wire.Mute("garden", "ann", "camera", True, reply="page"),
        wire.Hand("garden", "ann", True, reply="page"),
        wire.Snapshot("garden", "ann", reply="page"),
    ],
)
async def test_a_page_hears_that_it_is_not_in_the_room_or_not_the_one_that_speaks(
    rooms: Rooms,
    said: Recorder,
    command: wire.Offer | wire.Slots | wire.Mute | wire.Hand | wire.Snapshot,
) -> None:
    number = command.id if isinstance(command, wire.Offer) else 0
    expected = ("page", wire.Refused(wire.NAMES[type(command)], "not_in_room", id=number))
    rooms.handle(command, 5, 0.0)
    rooms.handle(join("ben"), 5, 0.0)
    said.told.clear()
    rooms.handle(command, 5, 0.0)
    rooms.handle(join("ann", reply="another page"), 5, 0.0)
    rooms.handle(command, 5, 0.0)
    heard = [(reply, event) for reply, event in said.told if reply == "page"]
    assert heard == [expected, expected]
    said.told.clear()
    rooms.handle(join("ann", reply="page"), 5, 0.0)
    rooms.handle(command, 5, 0.0)
    assert expected not in said.told


def test_the_web_side_holds_sources_and_lowers_a_hand_without_the_page(
    rooms: Rooms, said: Recorder
) -> None:
    rooms.handle(join("ann"), 5, 0.0)
    rooms.handle(wire.Hand("garden", "ann", True, "reply.ann"), 5, 1.0)
    rooms.handle(wire.Hand("garden", "ann", False), 5, 2.0)
    rooms.handle(wire.Hold("garden", "ann", ["camera"]), 5, 3.0)
    changed = [e.person for e in said.group if isinstance(e, wire.ParticipantChanged)]
    assert [p.hand > 0 for p in changed] == [True, False, False]
    assert [p.held for p in changed] == [[], [], ["camera"]]
