"""The rules for one slot, without a room."""

from __future__ import annotations

import pytest

from sfu_worker import wire
from sfu_worker.call import slots
from sfu_worker.call.connection import Host
from sfu_worker.call.participant import Participant
from sfu_worker.call.room import Room
from sfu_worker.down.output import Line
from sfu_worker.down.slot import Slot
from sfu_worker.up.track import UpTrack
from tests.sfu_worker.builders.rooms import join
from tests.sfu_worker.builders.streams import (
    H264,
    OPUS,
    VP8,
    Source,
    Wire,
    receiver,
    video_slot,
    video_track,
)


def sound_slot() -> Slot:
    return Slot("5", Line("audio", 1, None, [OPUS], "s", 5), receiver(Wire()), lambda _: None)


def test_a_wish_says_what_how_large_and_how_urgently() -> None:
    slot = video_slot(Wire())
    slots.wish(slot, wire.SlotRequest("4", "ann:camera", 360, 2))
    assert (slot.wanted, slot.height, slot.priority) == ("ann:camera", 360, 2)
    slots.wish(slot, wire.SlotRequest("4", None, -5, voices=True))
    assert (slot.wanted, slot.height, slot.voices) == ("", 0, False)


def test_a_voice_stays_in_its_slot_when_the_wish_is_repeated() -> None:
    slot, voices = sound_slot(), wire.SlotRequest("5", None, voices=True)
    slots.wish(slot, voices)
    slot.wanted = "ann:microphone"
    slots.wish(slot, voices)
    assert slot.wanted == "ann:microphone"
    slots.wish(slot, wire.SlotRequest("5", None))
    assert (slot.wanted, slot.voices) == ("", False)


def test_a_slot_that_carries_nothing_says_why_once() -> None:
    slot, track = video_slot(Wire()), video_track()
    assert slots.settle(slot, None, 1) == ""
    slot.wanted = track.id
    assert slots.settle(slot, None, 1) == "unpublished"
    assert slots.settle(slot, None, 2) == ""
    assert slots.settle(slot, track, 3) == ""
    assert track.subscribers == [slot]
    slot.wanted = ""
    assert slots.settle(slot, None, 4) == "unwanted"
    assert track.subscribers == []


def test_a_codec_that_the_receiver_does_not_decode_is_a_reason() -> None:
    slot, source = video_slot(Wire(), [H264]), Source(video_track(), 1, codec=VP8)
    slot.wanted = source.track.id
    assert slots.settle(slot, source.track, 1) == "codec"
    assert slot.track is None


def test_sound_does_not_go_into_a_slot_for_pictures() -> None:
    slot = video_slot(Wire())
    slot.wanted = "ann:microphone"
    assert slots.settle(slot, UpTrack("ann:microphone", "ann", "microphone", "audio"), 1) != ""


def published(p: Participant, *sources: str) -> Participant:
    for source in sources:
        kind = "audio" if source in wire.AUDIO_SOURCES else "video"
        p.tracks[source] = UpTrack(f"{p.id}:{source}", p.id, source, kind)
        p.tracks[source].published = True
    return p


@pytest.fixture
def people(host: Host, room: Room) -> list[Participant]:
    return [Participant(join(name), host, room) for name in ("ann", "ben", "eve")]


def test_a_viewer_watches_whom_it_names_or_the_newest_publisher(people: list[Participant]) -> None:
    ann, ben, _ = people
    assert slots.publisher(people, "") is None
    published(ann, "camera")
    published(ben, "camera")
    assert slots.publisher(people, "") is ben
    assert slots.publisher(people, "ann") is ann
    assert slots.publisher(people, "eve") is None


@pytest.mark.parametrize(
    ("sources", "video", "audio"),
    [
        (["camera", "microphone"], "ann:camera", "ann:microphone"),
        (["camera", "screen", "screen-audio"], "ann:screen", "ann:screen-audio"),
        (["microphone"], "", "ann:microphone"),
        ([], "", ""),
    ],
)
def test_a_viewer_sees_the_screen_before_the_camera(
    people: list[Participant], sources: list[str], video: str, audio: str
) -> None:
    picture, sound, more = video_slot(Wire()), sound_slot(), video_slot(Wire())
    more.wanted = "something"
    slots.follow([picture, sound, more], published(people[0], *sources))
    assert (picture.wanted, sound.wanted, more.wanted) == (video, audio, "")


def test_a_viewer_does_not_watch_what_is_muted(people: list[Participant]) -> None:
    ann = published(people[0], "camera", "screen")
    ann.tracks["screen"].self_muted = True
    slot = video_slot(Wire())
    slots.follow([slot], ann)
    assert slot.wanted == "ann:camera"
