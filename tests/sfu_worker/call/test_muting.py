"""What hosts hold of a participant: a join and a command say the same."""

from __future__ import annotations

import dataclasses

import pytest

from sfu_worker import wire
from sfu_worker.call.room import Room
from sfu_worker.light_client.offer import build_offer
from sfu_worker.light_client.sending import Plan
from tests.sfu_worker.builders.rooms import Recorder, join


def test_everyone_hears_what_is_held_once(room: Room, said: Recorder) -> None:
    room.join(join("ann"), 0)
    for held in (["microphone"], ["microphone"], []):
        room.muting.hold(room.participants["ann"], held, 0)
    changed = [e.person.held for e in said.group if isinstance(e, wire.ParticipantChanged)]
    assert changed == [["microphone"], []]


def test_a_join_brings_what_is_held(room: Room, said: Recorder) -> None:
    room.join(dataclasses.replace(join("ann"), held=["camera"], unnamed=True), 0)
    assert room.participants["ann"].person.held == ["camera"]
    assert room.participants["ann"].person.unnamed
    room.join(join("ann"), 0)
    assert room.participants["ann"].person.held == []


SOURCES = ("microphone", "camera", "screen", "screen-audio")


def offer(room: Room, who: str, *muted: str, user: str = "ufrag") -> None:
    """An offer of every source, whose first packets come."""
    lines = build_offer(user, "p" * 22, ":".join(["5A"] * 32), Plan(sources=SOURCES), 0, 0)
    tracks = {mid: source for source, mid in lines.mids.items()}
    p = room.participants[who]
    room.offer(p, wire.Offer("garden", who, lines.sdp, tracks, muted=list(muted)), 0)
    for track in p.tracks.values():
        room.first_packet(track)


def told(said: Recorder) -> list[tuple[str, bool]]:
    """What everyone was told of mutes since the last time."""
    changed = [
        (e.track.partition(":")[2], e.muted) for e in said.group if isinstance(e, wire.TrackMuted)
    ]
    said.group.clear()
    return changed


def muted(room: Room) -> set[str]:
    return {track.source for track in room.state("ann").tracks if track.muted}


async def test_a_held_screen_is_muted_with_its_sound(room: Room, said: Recorder) -> None:
    room.join(join("ann"), 0)
    offer(room, "ann")
    ann = room.participants["ann"]
    room.muting.hold(ann, ["screen"], 1)
    assert told(said) == [("screen", True), ("screen-audio", True)]
    assert muted(room) == {"screen", "screen-audio"}
    room.muting.hold(ann, ["screen"], 2)
    room.muting.hold(ann, [], 3)
    assert told(said) == [("screen", False), ("screen-audio", False)]
    room.drop(ann, "", 4)
    await ann.closed()


@pytest.mark.parametrize("last", [True, False])
async def test_neither_a_mute_nor_an_offer_unmutes_what_is_held_and_the_last_counts_when_released(
    room: Room, said: Recorder, last: bool
) -> None:
    room.join(join("ann"), 0)
    offer(room, "ann", "microphone")
    ann = room.participants["ann"]
    room.muting.hold(ann, ["microphone", "camera"], 1)
    assert told(said) == [("camera", True)]
    for says in (False, True, False):
        room.muting.mute(ann, "microphone", says)
    offer(room, "ann", user="another")
    room.muting.mute(ann, "microphone", last)
    assert told(said) == []
    assert muted(room) == {"microphone", "camera"}
    room.muting.hold(ann, [], 2)
    expected = [("camera", False)] if last else [("microphone", False), ("camera", False)]
    assert told(said) == expected
    room.drop(ann, "", 3)
    await ann.closed()


async def test_a_track_that_begins_held_is_published_as_muted(room: Room, said: Recorder) -> None:
    room.join(join("ann", held=["camera"]), 0)
    offer(room, "ann")
    published = [e.track for e in said.group if isinstance(e, wire.TrackPublished)]
    assert {track.source for track in published if track.muted} == {"camera"}
    assert told(said) == []
    # A later join may hold something else.
    room.join(join("ann", held=["microphone"]), 1)
    assert told(said) == [("microphone", True), ("camera", False)]
    ann = room.participants["ann"]
    room.drop(ann, "", 2)
    await ann.closed()
