"""A room's numbers: those who are in, and what those who left have counted."""

from __future__ import annotations

import pytest

from sfu_worker import wire
from sfu_worker.call.connection import Host
from sfu_worker.call.participant import Participant
from sfu_worker.call.room import Room
from sfu_worker.call.room_meter import RoomMeter
from sfu_worker.numbers import Links
from sfu_worker.up.track import UpTrack
from tests.sfu_worker.builders.rooms import join

KINDS: tuple[wire.Kind, ...] = ("call", "whip", "whep")


@pytest.fixture
def people(host: Host, room: Room) -> list[Participant]:
    return [Participant(join(kind, kind=kind), host, room) for kind in KINDS]


def test_people_streams_viewers_and_their_tracks_are_counted(people: list[Participant]) -> None:
    caller, stream, _ = people
    for p, source, kind in ((caller, "microphone", "audio"), (stream, "camera", "video")):
        p.tracks[source] = UpTrack(f"{p.id}:{source}", p.id, source, kind)
        p.tracks[source].published = True
    stream.tracks["screen"] = UpTrack("whip:screen", "whip", "screen", "video")
    numbers = RoomMeter("e").measure(people, 1.0)
    assert (numbers.epoch, numbers.people, numbers.streams, numbers.viewers) == ("e", 2, 1, 1)
    assert (numbers.audio_tracks, numbers.video_tracks) == (1, 1)
    assert (numbers.links, numbers.paused) == (Links(), 0)


def test_the_last_second_is_what_was_counted_in_it(people: list[Participant]) -> None:
    meter, p = RoomMeter("e"), people[0]
    p.tally.plis_in = 2
    assert meter.measure([p], 1.0).last.plis_in == 2
    p.tally.plis_in = 5
    numbers = meter.measure([p], 3.0)
    assert (numbers.total.plis_in, numbers.last.plis_in, numbers.seconds) == (5, 3, 2.0)


def test_what_was_counted_outlives_those_who_leave(people: list[Participant]) -> None:
    meter, (stays, leaves, _) = RoomMeter("e"), people
    stays.tally.nacks_in, leaves.tally.nacks_in = 1, 10
    meter.measure([stays, leaves], 1.0)
    meter.left(leaves)
    numbers = meter.measure([stays], 2.0)
    assert (numbers.total.nacks_in, numbers.last.nacks_in) == (11, 0)
