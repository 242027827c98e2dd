"""Rooms: who is in, numbered events, wishes. Real ports, recorded offers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sfu_worker import wire
from sfu_worker.call.connection import Connection, Host
from sfu_worker.call.room import Room
from sfu_worker.light_client import Plan
from sfu_worker.light_client.offer import build_offer
from sfu_worker.sdp import parse_answer, parse_offer
from sfu_worker.up.track import FEWER_AFTER
from tests.sfu_worker.builders.rooms import Recorder, join
from tests.sfu_worker.builders.streams import RATES, Source, believes, camera, video_track

DATA = Path(__file__).resolve().parents[2] / "data"


async def test_the_state_comes_before_the_news_of_oneself(room: Room, said: Recorder) -> None:
    room.join(join("ann"), 0)
    room.join(join("ben"), 1)
    (_, first), (reply, second) = said.told
    assert isinstance(first, wire.RoomState)
    assert isinstance(second, wire.RoomState)
    assert reply == "reply.ben"
    assert (second.n, [p.name for p in second.people], second.you) == (1, ["Ann", "Ben"], "ben")
    assert [(e.n, e.person.id) for e in said.group if isinstance(e, wire.ParticipantJoined)] == [
        (1, "ann"),
        (2, "ben"),
    ]


async def test_a_full_room_refuses_and_says_so(room: Room, said: Recorder) -> None:
    room.join(join("ann", max_people=1), 0)
    room.join(join("ben", max_people=1), 0)
    assert said.told[-1] == ("reply.ben", wire.Refused("join", "room_full"))
    assert [p.id for p in room.people] == ["ann"]


async def test_the_same_person_twice_at_once_keeps_the_newer_socket(
    room: Room, said: Recorder
) -> None:
    room.join(join("ann", seat="one"), 0)
    room.join(join("ann", seat="two", reply="reply.new"), 1)
    assert ("reply.ann", wire.Removed("replaced")) in said.told
    assert room.channels == {"ann": "reply.new"}


async def test_a_page_that_comes_by_another_socket_replaces_nobody(
    room: Room, said: Recorder
) -> None:
    # A web process that was stopped may enter again for a socket that its page has long left.
    for reply in ("reply.new", "reply.late", "reply.new"):
        room.join(join("ann", seat="one", reply=reply), 0)
        assert room.channels == {"ann": reply}
    assert not any(isinstance(event, wire.Removed) for _, event in said.told)


async def test_a_call_is_recorded_from_the_first_to_the_last(room: Room, said: Recorder) -> None:
    room.join(join("ann"), 0)
    room.join(join("ben"), 0)
    for p in list(room.participants.values()):
        room.drop(p, "", 1)
    assert said.calls == [("started", 1), ("peak", 1), ("peak", 2), ("ended", 2)]


async def test_a_viewer_is_not_among_the_people(room: Room, said: Recorder) -> None:
    room.join(join("ann"), 0)
    room.join(join("eve", kind="whep", follow="", publish=False), 0)
    assert [p.id for p in room.people] == ["ann"]
    assert [type(e) for e in said.group] == [wire.ParticipantJoined]


async def test_a_browsers_offer_is_answered_with_its_slots(room: Room, said: Recorder) -> None:
    room.join(join("ann"), 0)
    offer = (DATA / "offer_chromium.sdp").read_text()
    parsed = parse_offer(offer)
    sending = [m for m in parsed.media if m.direction == "sendonly"]
    sources = dict(
        zip(
            [m.mid for m in sending],
            ["microphone", "camera", "screen", "screen-audio"],
            strict=True,
        )
    )
    if [m.kind for m in sending] != ["audio", "video", "video", "audio"]:
        pytest.fail("the recorded offer has other m-lines than the page")
    room.offer(room.participants["ann"], wire.Offer("garden", "ann", offer, sources, 7), 0)
    reply = said.told[-1][1]
    assert isinstance(reply, wire.Answer), reply
    assert reply.id == 7
    answer = parse_answer(reply.sdp)
    assert len(room.participants["ann"].slots) == sum(
        m.direction == "recvonly" for m in parsed.media
    )
    assert [m.direction for m in answer.media] == [
        {"sendonly": "recvonly", "recvonly": "sendonly"}[m.direction] for m in parsed.media
    ]
    room.set_slots(
        room.participants["ann"],
        [wire.SlotRequest(next(iter(room.participants["ann"].slots)), "ben:camera", 180)],
        1,
    )
    assert isinstance(said.told[-1][1], wire.SlotPaused)
    # The same offer again is the same connection: its SSRCs and credentials stay.
    room.offer(room.participants["ann"], wire.Offer("garden", "ann", offer, sources, 8), 0)
    again = said.told[-1][1]
    assert isinstance(again, wire.Answer)
    assert parse_answer(again.sdp).ufrag == answer.ufrag
    assert [m.ssrcs for m in parse_answer(again.sdp).media] == [m.ssrcs for m in answer.media]
    room.drop(room.participants["ann"], "", 2)
    await asyncio.sleep(0)


async def test_an_offer_says_which_tracks_are_muted(room: Room, said: Recorder) -> None:
    room.join(join("ann"), 0)
    ann = room.participants["ann"]
    sources = {"0": "microphone", "1": "camera"}

    def offer(user: str, *muted: str) -> None:
        sdp = build_offer(user, "p" * 22, ":".join(["5A"] * 32), Plan(), 0, 0).sdp
        room.offer(ann, wire.Offer("garden", "ann", sdp, sources, muted=list(muted)), 0)

    offer("first", "microphone")
    for track in ann.tracks.values():
        room.first_packet(track)
    published = [e.track for e in said.group if isinstance(e, wire.TrackPublished)]
    assert {track.source: track.muted for track in published} == {
        "microphone": True,
        "camera": False,
    }
    # The page has changed both while it was on its way.
    offer("second", "camera")
    changed = [(e.track, e.muted) for e in said.group if isinstance(e, wire.TrackMuted)]
    assert changed == [("ann:microphone", False), ("ann:camera", True)]
    room.drop(ann, "", 1)
    await ann.closed()


async def test_as_many_slots_as_a_page_asks_for_fit(room: Room, said: Recorder) -> None:
    # MOST_PAIRS and VOICES in static/rooms/room/slots.js.
    lines = build_offer("ufrag", "p" * 22, ":".join(["5A"] * 32), Plan(), 36, 4)
    room.join(join("ann"), 0)
    room.offer(
        room.participants["ann"],
        wire.Offer("garden", "ann", lines.sdp, {"0": "microphone", "1": "camera"}),
        0,
    )
    assert isinstance(said.told[-1][1], wire.Answer), said.told[-1]
    assert len(room.participants["ann"].slots) == 76
    room.drop(room.participants["ann"], "", 1)
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    "sources", [{"0": "camera"}, {"0": "kitchen"}, {"0": "microphone", "1": "microphone"}]
)
async def test_sources_that_do_not_fit_are_refused(
    room: Room, said: Recorder, sources: dict[str, str]
) -> None:
    room.join(join("ann"), 0)
    room.offer(
        room.participants["ann"],
        wire.Offer("garden", "ann", (DATA / "offer_chromium.sdp").read_text(), sources),
        0,
    )
    assert isinstance(said.told[-1][1], wire.Refused)


async def test_junk_is_refused_and_changes_nothing(room: Room, said: Recorder) -> None:
    room.join(join("ann"), 0)
    room.offer(room.participants["ann"], wire.Offer("garden", "ann", "v=0\r\njunk", id=9), 0)
    last = said.told[-1][1]
    assert isinstance(last, wire.Refused)
    assert (last.command, last.code, last.id) == ("offer", "bad_sdp", 9)
    assert room.participants["ann"].connection is None


async def test_a_listener_cannot_send(room: Room, said: Recorder) -> None:
    room.join(join("lis", role="listener", publish=False), 0)
    offer = (DATA / "offer_chromium.sdp").read_text()
    room.offer(room.participants["lis"], wire.Offer("garden", "lis", offer, {}), 0)
    reply = said.told[-1][1]
    assert isinstance(reply, wire.Answer)
    assert "recvonly" not in [m.direction for m in parse_answer(reply.sdp).media]
    room.drop(room.participants["lis"], "", 1)
    await asyncio.sleep(0)


async def test_a_viewer_hears_what_limits_a_picture_and_when_it_no_longer_does(
    room: Room, host: Host, said: Recorder
) -> None:
    room.join(join("ann"), 10)
    room.join(join("ben"), 10)
    ben = room.participants["ben"]
    ben.connection = Connection(host, ben, ben.tally)
    sources, slot, _, ben.connection.egress = camera(RATES)
    track, top = sources[0].track, sources[2].layer
    track.published = True
    room.participants["ann"].tracks["camera"] = track
    ben.slots[slot.mid] = slot
    wish = [wire.SlotRequest(slot.mid, track.id, 540)]
    for rate, now in ((5_000_000, 10.1), (700_000, 10.2), (5_000_000, 11.3)):
        believes(ben.connection.egress, rate)
        for source in sources:
            source.layer.last_at = now
        room.set_slots(ben, wish, now)
        if rate > RATES["f"] * 1000 and slot.layer is None:
            size = top.size
            sources[2].send(now, key=True)
            sources[2].is_sized(size)
    heard = [event for _, event in said.told if isinstance(event, wire.SlotBound)]
    assert heard == [
        wire.SlotBound(slot.mid, track.id, "f", "bandwidth"),
        wire.SlotBound(slot.mid, track.id, "f", ""),
    ]


def heard(said: Recorder, who: str) -> list[list[str]]:
    return [
        event.codecs
        for reply, event in said.told
        if reply == f"reply.{who}" and isinstance(event, wire.CodecsCommon)
    ]


def offer_without(*names: str) -> str:
    """Chromium's offer as of a browser that lacks some codecs."""
    lines = (DATA / "offer_chromium.sdp").read_text().splitlines(keepends=True)
    gone = [f"{name}/90000" for name in names]
    lacking = {
        line.split(":")[1].split()[0]
        for line in lines
        if line.startswith("a=rtpmap") and line.split()[-1] in gone
    }
    return "".join(
        line
        for line in lines
        if not (line.startswith("a=rtpmap") and line.split(":")[1].split()[0] in lacking)
    )


async def test_senders_hear_which_codecs_all_others_decode_and_when_that_changes(
    room: Room, said: Recorder
) -> None:
    sources = {"0": "microphone", "1": "camera", "2": "screen", "3": "screen-audio"}
    for who in ("ann", "ben"):
        room.join(join(who), 0)
        room.offer(room.participants[who], wire.Offer("garden", who, offer_without(), sources), 0)
    room.tick(0)
    assert heard(said, "ann") == heard(said, "ben") == [["VP8", "H264", "VP9", "AV1"]]
    answered, common = [type(event) for reply, event in said.told if reply == "reply.ben"][-2:]
    assert (answered, common) == (wire.Answer, wire.CodecsCommon)
    # A viewer by WHEP that lacks two of them: it is told nothing itself.
    room.join(join("eve", kind="whep", follow="", publish=False), 1)
    room.offer(
        room.participants["eve"], wire.Offer("garden", "eve", offer_without("VP9", "AV1"), {}), 1
    )
    room.tick(1)
    assert heard(said, "ann")[1:] == []
    # Only with the connection: who never connects watches nothing.
    room.connected(room.participants["eve"])
    room.tick(1)
    assert heard(said, "ann")[1:] == heard(said, "ben")[1:] == [["VP8", "H264"]]
    assert heard(said, "eve") == []
    # Its connection may go for a moment, and nobody changes a codec for that.
    room.participants["eve"].disconnect(2)
    room.refresh(2)
    room.tick(2)
    assert len(heard(said, "ann")) == 2
    room.drop(room.participants["eve"], "", 3)
    room.tick(3)
    assert heard(said, "ann")[2:] == [["VP8", "H264", "VP9", "AV1"]]
    # What was said while Ben's socket was away is said again.
    room.join(join("ben", reply="reply.ben.again"), 4)
    room.tick(4)
    assert heard(said, "ben.again") == [["VP8", "H264", "VP9", "AV1"]]
    for p in list(room.participants.values()):
        room.drop(p, "", 5)
    await asyncio.sleep(0)


@pytest.mark.parametrize(("kind", "told"), [("call", [["q"]]), ("whip", [])])
async def test_a_page_is_told_which_layers_are_watched_and_a_stream_is_not(
    room: Room, said: Recorder, kind: wire.Kind, told: list[list[str]]
) -> None:
    room.join(join("ann", kind=kind), 0)
    track = video_track("ann")
    for i, rid in enumerate(track.rids):
        Source(track, i + 1, rid).is_sized((320 << i, 180 << i))
    room.participants["ann"].tracks["camera"] = track
    for now in (1, 1 + FEWER_AFTER):
        room.refresh(now)
        room.tick(now)
    assert [event.rids for _, event in said.told if isinstance(event, wire.LayersWanted)] == told


async def test_a_lowered_role_ends_what_it_may_not_send_and_everybody_hears_of_it(
    room: Room, said: Recorder
) -> None:
    for who in ("ann", "ben"):
        room.join(join(who), 0)
    track = video_track("ann")
    track.published = True
    room.participants["ann"].tracks["camera"] = track
    said.told.clear()
    said.group.clear()
    room.join(join("ann", role="listener", publish=False), 1)
    assert said.group == [
        wire.TrackUnpublished("garden", room.epoch, 3, track.id),
        wire.ParticipantChanged("garden", room.epoch, 4, wire.Person("ann", "Ann", "listener")),
    ]
    [(reply, state)] = said.told
    assert reply == "reply.ann"
    assert isinstance(state, wire.RoomState)
    assert (state.n, state.tracks, state.people[0].role) == (4, [], "listener")
    # The same again is news for nobody, and a higher role is.
    room.join(join("ann", role="listener", publish=False), 1)
    assert len(said.group) == 2
    room.join(join("ann", role="moderator"), 1)
    assert isinstance(said.group[2], wire.ParticipantChanged)
    assert room.participants["ann"].publish


async def test_one_without_a_page_who_may_not_publish_any_more_is_silenced_once(
    room: Room, said: Recorder
) -> None:
    room.join(join("ann"), 0)
    track = video_track("ann")
    track.published = True
    ann = room.participants["ann"]
    ann.tracks["camera"] = track
    said.told.clear()
    said.group.clear()
    for _ in range(2):
        room.silence(ann, "listener")
    assert said.group == [
        wire.TrackUnpublished("garden", room.epoch, 2, track.id),
        wire.ParticipantChanged("garden", room.epoch, 3, wire.Person("ann", "Ann", "listener")),
    ]
    assert (said.told, ann.publish) == ([], False)


async def test_a_page_takes_the_call_over_and_the_other_one_does_not_take_it_back_by_itself(
    room: Room, said: Recorder
) -> None:
    room.join(join("ann", seat="one"), 0)
    room.join(join("ben", seat="ben"), 0)
    n = len(said.group)
    room.join(join("ann", seat="two", reply="reply.two", name="Anna"), 1)
    assert ("reply.ann", wire.Removed("replaced")) in said.told
    # Nobody else has come or gone.
    [event] = said.group[n:]
    assert isinstance(event, wire.ParticipantChanged)
    assert (event.person.name, len(room.people)) == ("Anna", 2)
    # Neither while the second one is there, nor while its socket is away for a moment.
    for detached in (False, True):
        if detached:
            room.detach(room.participants["ann"], "reply.two")
        room.join(join("ann", seat="one", reply="reply.back", take=False), 3)
        assert said.told[-1] == ("reply.back", wire.Refused("join", "replaced"))
        assert room.participants["ann"].reply == "reply.two"
    room.join(join("ann", seat="two", reply="reply.again", take=False), 4)
    assert isinstance(said.told[-1][1], wire.RoomState)
    # With a click it does.
    room.join(join("ann", seat="three", reply="reply.three"), 5)
    assert ("reply.again", wire.Removed("replaced")) in said.told
    # Where there is no other page, coming back needs no click.
    room.drop(room.participants["ann"], "", 6)
    room.join(join("ann", seat="one", take=False), 7)
    assert "ann" in room.participants


async def test_an_earlier_socket_of_a_page_does_not_take_the_seat_from_a_later_one(
    room: Room, said: Recorder
) -> None:
    room.join(join("ann", seat="one", socket=1), 0)
    room.join(join("ann", seat="one", socket=2, reply="reply.new", take=False), 1)
    # Its consumer has not noticed that the socket is dead, and misses the seat.
    room.join(join("ann", seat="one", socket=1, take=False), 2)
    assert said.told[-1] == ("reply.ann", wire.Refused("join", "replaced"))
    assert room.channels == {"ann": "reply.new"}
    # Another page counts anew.
    room.join(join("ann", seat="two", socket=1, reply="reply.two"), 3)
    room.join(join("ann", seat="two", socket=1, reply="reply.two", take=False), 4)
    assert isinstance(said.told[-1][1], wire.RoomState)
    assert room.channels == {"ann": "reply.two"}
