"""Streams and viewers arrive when they have connected; attempts take no place and give way."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from sfu_worker import wire
from sfu_worker.call import arrivals
from sfu_worker.call.connection import Connection, Host
from sfu_worker.call.participant import Participant
from sfu_worker.call.room import Room
from sfu_worker.config import Config
from sfu_worker.light_client import Hub, LightClient, Plan, WorkerSignalling
from sfu_worker.light_client.signalling import open_layer
from sfu_worker.up.track import UpTrack
from sfu_worker.worker import Worker
from tests.sfu_worker.builders.rooms import Recorder, join
from tests.sfu_worker.edge import until


def stream(room: Room, who: str, owner: str, **more: Any) -> Participant | None:
    """A WHIP offer; None where it is refused."""
    fields = {"kind": "whip", "owner": owner, "max_people": 6} | more
    room.join(join(who, **fields), time.monotonic())
    return room.participants.get(who)


def connected(room: Room, who: str, owner: str) -> Participant:
    p = stream(room, who, owner)
    assert p is not None
    room.connected(p)
    return p


def sends(p: Participant, at: float) -> None:
    """The last packet of its camera came then."""
    track = p.tracks.setdefault("camera", UpTrack(f"{p.id}:camera", p.id, "camera", "video"))
    layer: Any = SimpleNamespace(last_at=at, rates=SimpleNamespace(measure=lambda _: None))
    track.layers = [layer]


def told(said: Recorder) -> list[tuple[str, str]]:
    """Who has come and gone, as the others see it."""
    found = []
    for event in said.group:
        if isinstance(event, wire.ParticipantJoined):
            found.append(("joined", event.person.id))
        elif isinstance(event, wire.ParticipantLeft):
            found.append(("left", event.participant))
    return found


def test_five_attempts_that_never_connect_take_no_place_and_show_no_tile(
    room: Room, said: Recorder
) -> None:
    for number in range(5):
        room.join(join(f"p{number}", max_people=6), 0)
    for number in range(5):
        assert stream(room, f"s{number}", "whip-a") is not None
    # The newest attempt has replaced the others.
    assert [p.id for p in room.participants.values() if p.kind == "whip"] == ["s4"]
    assert said.told[-2:-1] == [("reply.s3", wire.Removed("replaced"))]
    assert all(person.id != "s4" for person in room.state("p0").people)
    room.join(join("p5", max_people=6), 1)
    assert len(room.people) == 6
    assert ("joined", "s4") not in told(said)
    # Whoever connects too late hears of it by the end of the connection.
    late = room.participants["s4"]
    room.connected(late)
    assert said.told[-1] == ("reply.s4", wire.Removed("room_full"))
    assert "s4" not in room.participants
    assert len(told(said)) == 6
    assert said.calls == [("started", 1), *(("peak", n) for n in range(1, 7))]


def test_attempts_leave_no_call_and_no_people_in_the_numbers(room: Room, said: Recorder) -> None:
    stream(room, "s", "whip-a")
    room.join(join("eve", kind="whep", follow="", publish=False), time.monotonic())
    room.report(time.monotonic())
    assert room.numbers is not None
    assert (room.numbers.people, room.numbers.streams, room.numbers.viewers) == (0, 0, 0)
    room.report(time.monotonic() + arrivals.CONNECT_SECONDS + 1)
    assert room.participants == {}
    assert said.calls == []
    assert said.group == []


@pytest.mark.parametrize("kind", ["whip", "whep"])
def test_of_too_many_attempts_the_oldest_go(
    room: Room, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(arrivals.MAX_WAITING, kind, 3)
    first = stream(room, "first", "o", kind=kind)
    assert first is not None
    room.connected(first)
    for number in range(5):
        stream(room, f"s{number}", f"o{number}", kind=kind)
    assert list(room.participants) == ["first", "s2", "s3", "s4"]


def test_an_audience_that_shares_one_invite_does_not_replace_itself(room: Room) -> None:
    for number in range(5):
        stream(room, f"v{number}", "whep-a", kind="whep")
    assert len(room.participants) == 5


def test_a_stream_that_was_killed_goes_when_the_same_key_connects_again(
    room: Room, said: Recorder
) -> None:
    now = time.monotonic()
    old = connected(room, "old", "whip-a")
    old.arrived_at = now - 60
    sends(old, now - 2)
    other = connected(room, "other", "whip-b")
    other.arrived_at = now - 60
    sends(other, now - 2)
    new = stream(room, "new", "whip-a")
    assert new is not None
    # As long as it may fail to connect, the old one stays.
    room.refresh(time.monotonic())
    assert "old" in room.participants
    room.connected(new)
    assert list(room.participants) == ["other", "new"]
    assert ("reply.old", wire.Removed("replaced")) in said.told
    assert told(said)[-2:] == [("joined", "new"), ("left", "old")]


def test_one_that_still_sends_stays_and_one_that_has_just_ended_goes_a_moment_later(
    room: Room,
) -> None:
    now = time.monotonic()
    lives, killed = connected(room, "lives", "whip-a"), connected(room, "killed", "whip-b")
    for p in (lives, killed):
        p.arrived_at = now - 60
        sends(p, now - 0.5)
    connected(room, "a2", "whip-a")
    connected(room, "b2", "whip-b")
    assert len(room.participants) == 4
    after = time.monotonic() + arrivals.STILL_SENDING_SECONDS
    sends(lives, after)
    room.refresh(after + 0.1)
    assert sorted(room.participants) == ["a2", "b2", "lives"]
    # What sent after its successor had come is no predecessor: a pause of its network ends nothing.
    room.refresh(after + 10)
    assert "lives" in room.participants


def test_in_a_full_room_a_restarted_encoder_finds_its_place(room: Room, host: Host) -> None:
    now = time.monotonic()
    old = stream(room, "old", "whip-a", max_people=1)
    assert old is not None
    room.connected(old)
    old.arrived_at = now - 60
    sends(old, now)
    assert stream(room, "stranger", "whip-b", max_people=1) is None
    new = stream(room, "new", "whip-a", max_people=1)
    assert new is not None
    room.connected(new)
    new.connection = Connection(host, new, new.tally)
    new.connection.transport.connected = True
    # As long as the old one sends, one key has one place.
    assert not new.arrived
    sends(old, now + 5)
    room.refresh(now + 5)
    assert [p.id for p in room.people] == ["old"]
    room.refresh(now + 5 + arrivals.STILL_SENDING_SECONDS + 0.1)
    assert list(room.participants) == ["new"]
    assert new.arrived


class Encoder(WorkerSignalling):
    """Comes as a stream."""

    async def join(self, name: str, **more: Any) -> None:
        await super().join(name, kind="whip", max_people=1, owner="whip-a", **more)


async def test_a_real_encoder_that_is_killed_and_starts_again_takes_over(
    redis_url: str, clean_redis: Any
) -> None:
    worker = Worker(Config("lab", "lab", redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO"))
    await worker.start()
    layer = open_layer(redis_url)
    tasks = []

    async def come(hub: Hub) -> LightClient:
        signalling = Encoder(layer, "lab", "garden")
        client = LightClient(hub, "Camera", signalling, Plan())
        await signalling.join("Camera")
        tasks.append(asyncio.create_task(client.run()))
        await until(client.connected.is_set)
        return client

    async with Hub() as hub:
        first = await come(hub)
        people = worker.rooms["garden"].participants
        await until(lambda: people[first.id].arrived and people[first.id].media_at > 0)
        # As with kill -9: not a word more.
        assert first.media is not None
        first.media.pause()
        hub.links.discard(first.media.link)
        second = await come(hub)
        await until(lambda: list(people) == [second.id])
        await until(lambda: any(t.published for t in people[second.id].tracks.values()))
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    await worker.stop()
    await layer.close_pools()
