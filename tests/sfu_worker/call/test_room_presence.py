"""Who stays in a room while their socket, web process or media is away. Real ports."""

from __future__ import annotations

from sfu_worker import wire
from sfu_worker.call.connection import Connection, Host
from sfu_worker.call.presence import Leases
from sfu_worker.call.room import Room
from tests.sfu_worker.builders.rooms import Recorder, join


def pass_time(room: Room, first: float, last: float) -> None:
    """A report each second."""
    for second in range(int(first), int(last) + 1):
        room.report(second)


async def test_a_participant_who_comes_back_in_time_was_never_away(
    room: Room, said: Recorder
) -> None:
    room.join(join("ann"), 0)
    ann = room.participants["ann"]
    room.detach(ann, "reply.ann")
    pass_time(room, 1, 10)
    room.join(join("ann", reply="reply.again"), 12)
    pass_time(room, 13, 40)
    assert [type(e) for e in said.group] == [wire.ParticipantJoined]
    assert said.told[-1][0] == "reply.again"


async def test_a_participant_who_stays_away_has_left(room: Room, said: Recorder) -> None:
    room.join(join("ann"), 0)
    room.join(join("ben"), 0)
    room.detach(room.participants["ann"], "reply.ann")
    pass_time(room, 1, 1 + wire.DETACHED_SECONDS)
    assert list(room.participants) == ["ann", "ben"]
    pass_time(room, 2 + wire.DETACHED_SECONDS, 60)
    assert isinstance(said.group[-1], wire.ParticipantLeft)
    assert list(room.participants) == ["ben"]


async def test_healthy_media_keeps_somebody_in_whose_socket_is_away(
    room: Room, host: Host, said: Recorder
) -> None:
    room.join(join("ann"), 0)
    room.join(join("ben"), 0)
    ann = room.participants["ann"]
    alive = True

    class Living(Connection):
        def lives(self, now: float) -> bool:
            return alive

    ann.connection = Living(host, ann, ann.tally)
    room.detach(ann, "reply.ann")
    pass_time(room, 1, 120)
    alive = False
    pass_time(room, 121, 121 + wire.DETACHED_SECONDS)
    assert list(room.participants) == ["ann", "ben"]
    pass_time(room, 122 + wire.DETACHED_SECONDS, 180)
    assert [type(e) for e in said.group][2:] == [wire.ParticipantLeft]
    await ann.closed()


async def test_those_whose_web_process_died_leave_without_a_message(
    host: Host, said: Recorder
) -> None:
    leases = Leases()
    room = Room("garden", 1, said, said, host, leases)
    room.join(join("ann", reply="web.a!ann"), 0)
    room.join(join("ben", reply="web.b!ben"), 0)
    for now in range(60):
        wanted = leases.wanted(["web.a!ann", "web.b!ben"])
        dead = [None, None] if now > 5 else [str(now), "1"]
        leases.take(wanted, {"web.a": dead, "web.b": [str(now), "1"]}, now)
        room.report(now)
    assert list(room.participants) == ["ben"]


async def test_a_detach_of_a_socket_that_was_replaced_is_ignored(room: Room) -> None:
    room.join(join("ann"), 0)
    room.join(join("ann", reply="reply.new"), 1)
    room.detach(room.participants["ann"], "reply.ann")
    pass_time(room, 2, 60)
    assert "ann" in room.participants
