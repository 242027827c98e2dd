"""A participant over their connections: what stays, and what each new peer begins anew."""

from __future__ import annotations

import pytest

from sfu_worker import wire
from sfu_worker.call.connection import Host
from sfu_worker.call.participant import Participant
from sfu_worker.call.room import Room
from sfu_worker.light_client import Plan
from sfu_worker.light_client.offer import build_offer
from sfu_worker.rtp.header import PLAIN
from sfu_worker.sdp import SdpError
from tests.sfu_worker.builders.rooms import Recorder, join

SOURCES = {"0": "microphone", "1": "camera"}


def offer(user: str) -> str:
    return build_offer(user, "p" * 22, ":".join(["5A"] * 32), Plan(), 1, 0).sdp


@pytest.fixture
def ann(host: Host, room: Room) -> Participant:
    return Participant(join("ann"), host, room)


async def test_another_peer_is_another_connection_with_the_same_tracks(ann: Participant) -> None:
    first = ann.answer(offer("first"), SOURCES, 0)
    connection, tracks = ann.connection, dict(ann.tracks)
    assert ann.answer(offer("first"), SOURCES, 1).ice_session == first.ice_session
    assert ann.connection is connection
    assert ann.answer(offer("second"), SOURCES, 2).ice_session != first.ice_session
    assert ann.connection is not connection
    assert ann.tracks == tracks
    assert list(tracks) == ["microphone", "camera"]
    ann.disconnect(3)
    await ann.closed()


async def test_a_refused_offer_changes_nothing(ann: Participant) -> None:
    ann.answer(offer("first"), SOURCES, 0)
    connection, slots = ann.connection, dict(ann.slots)
    for text, sources in (("junk", SOURCES), (offer("second"), {"0": "camera"})):
        with pytest.raises(SdpError):
            ann.answer(text, sources, 1)
        assert (ann.connection, ann.slots) == (connection, slots)
    ann.disconnect(2)
    await ann.closed()


async def test_an_answer_that_cannot_be_written_changes_nothing(
    ann: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.answer(offer("first"), SOURCES, 0)
    connection, tracks = ann.connection, dict(ann.tracks)

    def failing(*_: object) -> str:
        raise SdpError("it cannot be written")

    monkeypatch.setattr("sfu_worker.sdp.build_answer", failing)
    with pytest.raises(SdpError):
        ann.answer(offer("second"), SOURCES | {"9": "screen"}, 1)
    assert (ann.connection, ann.tracks) == (connection, tracks)
    ann.disconnect(2)
    await ann.closed()


async def test_the_end_of_a_replaced_transport_does_not_end_the_new_connection(
    ann: Participant,
) -> None:
    ann.answer(offer("first"), SOURCES, 0)
    assert ann.connection is not None
    replaced = ann.connection.transport
    ann.answer(offer("second"), SOURCES, 1)
    connection = ann.connection
    # Its peer has closed before the task that closes our side has begun.
    replaced._end("dtls")
    assert ann.connection is connection
    ann.disconnect(2)
    await ann.closed()


async def test_without_a_connection_there_are_no_slots_and_no_clock(ann: Participant) -> None:
    assert ann.slots == {}
    assert ann.patch_ice(wire.PatchIce("r", "ann", "", ["*"], "reply")) == wire.Refused(
        "patch_ice", "not_in_room"
    )
    ann.answer(offer("first"), SOURCES, 0)
    assert len(ann.slots) == 2
    ann.disconnect(1)
    ann.disconnect(1)
    assert ann.slots == {}
    await ann.closed()


async def test_one_who_may_not_publish_any_more_keeps_the_connection(ann: Participant) -> None:
    ann.answer(offer("first"), SOURCES, 0)
    tracks, connection = list(ann.tracks.values()), ann.connection
    assert ann.silence(1) == tracks
    assert (ann.tracks, ann.connection) == ({}, connection)
    assert ann.silence(2) == []
    ann.disconnect(2)
    await ann.closed()


async def test_one_who_may_publish_again_does_so_on_the_connection_that_is_there(
    ann: Participant, room: Room, said: Recorder
) -> None:
    room.participants["ann"] = ann
    ann.arrived_at = 0.0
    ann.answer(offer("first"), SOURCES, 0)
    connection = ann.connection
    assert connection is not None
    packet = PLAIN.pack(0x80, 111, 1, 0, 4242) + bytes(20)
    for times in (1, 2):
        connection.on_rtp(memoryview(packet), 0, len(packet), 1.0)
        assert [type(event) for event in said.group] == [wire.TrackPublished] * times
        ann.silence(1)
        connection.on_rtp(memoryview(packet), 0, len(packet), 1.0)
        assert len(said.group) == times
        ann.answer(offer("first"), SOURCES, 2)
        assert ann.connection is connection
    ann.disconnect(3)
    await ann.closed()


@pytest.mark.parametrize(
    ("kind", "arrived", "visible"),
    [("call", True, True), ("whip", False, False), ("whip", True, True), ("whep", True, False)],
)
def test_the_others_see_those_who_have_arrived_but_no_viewers(
    host: Host, room: Room, kind: wire.Kind, arrived: bool, visible: bool
) -> None:
    p = Participant(join("ann", kind=kind), host, room)
    if arrived:
        p.arrived_at = 1.0
    assert (p.arrived, p.visible) == (arrived, visible)
    assert p.person == wire.Person("ann", "Ann", "speaker", stream=kind == "whip")


async def test_a_new_join_changes_the_link_and_the_photo_of_someone_and_everybody_hears_of_it(
    room: Room, said: Recorder
) -> None:
    site = {"link": "https://ann.example/", "photo": "/media/photos/ann.webp"}
    room.join(join("ann", **site), 0)
    room.join(join("ben"), 0)
    room.join(join("ann", reply="reply.new", **site), 1)
    assert [e.person for e in said.group if isinstance(e, wire.ParticipantJoined)] == room.state(
        "ben"
    ).people
    assert (room.state("ben").people[0].link, room.state("ben").people[0].photo) == (
        "https://ann.example/",
        "/media/photos/ann.webp",
    )
    said.group.clear()
    room.join(join("ann"), 2)
    assert said.group == [
        wire.ParticipantChanged("garden", room.epoch, 3, wire.Person("ann", "Ann", "speaker"))
    ]
