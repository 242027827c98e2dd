"""What hosts hold of a participant: a join and a command say the same."""

from __future__ import annotations

import dataclasses

from sfu_worker import wire
from sfu_worker.call.room import Room
from tests.sfu_worker.builders.rooms import Recorder, join


def test_everyone_hears_what_is_held_once(room: Room, said: Recorder) -> None:
    room.join(join("ann"), 0)
    for held in (["microphone"], ["microphone"], []):
        room.muting.hold(room.participants["ann"], held)
    changed = [e.person.held for e in said.group if isinstance(e, wire.ParticipantChanged)]
    assert changed == [["microphone"], []]


def test_a_join_brings_what_is_held(room: Room, said: Recorder) -> None:
    room.join(dataclasses.replace(join("ann"), held=["camera"], unnamed=True), 0)
    assert room.participants["ann"].person.held == ["camera"]
    assert room.participants["ann"].person.unnamed
    room.join(join("ann"), 0)
    assert room.participants["ann"].person.held == []
