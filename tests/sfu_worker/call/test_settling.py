"""What is settled, when, and who hears of it."""

from __future__ import annotations

import pytest

from sfu_worker import wire
from sfu_worker.call.connection import Connection, Host
from sfu_worker.call.outbox import Outbox
from sfu_worker.call.participant import Participant
from sfu_worker.call.room import Room
from sfu_worker.call.settling import Settling
from sfu_worker.down.slot import Slot
from tests.sfu_worker.builders.rooms import Recorder, join
from tests.sfu_worker.builders.streams import Source, Wire, video_slot, video_track


class Pair:
    """Ann publishes a camera; Ben has one slot for pictures."""

    def __init__(self, host: Host, room: Room, said: Recorder) -> None:
        self.said = said
        self.people: dict[str, Participant] = {}
        self.settling = Settling(self.people, Outbox(said, "garden", 1))
        for name in ("ann", "ben"):
            p = self.people[name] = Participant(join(name), host, room)
            p.arrived_at = 0.0
            p.connection = Connection(host, p, p.tally)
        self.ann, self.ben = self.people.values()
        self.track = video_track("ann")
        self.track.rids = [""]
        self.source = Source(self.track, 1)
        self.track.published = True
        self.ann.tracks["camera"] = self.track
        self.slot: Slot = video_slot(Wire())
        self.ben.slots[self.slot.mid] = self.slot

    def wishes(self, track: str | None, now: float = 1.0) -> None:
        request = wire.SlotRequest(self.slot.mid, track, 360)
        self.settling.take_wishes(self.ben, [request], now)

    def heard(self, who: str = "ben") -> list[wire.Event]:
        found = [event for reply, event in self.said.told if reply == f"reply.{who}"]
        self.said.told.clear()
        return found


@pytest.fixture
def pair(host: Host, room: Room, said: Recorder) -> Pair:
    return Pair(host, room, said)


def test_a_wish_is_met_at_once_and_its_picture_asked_for(pair: Pair) -> None:
    pair.wishes("ann:camera")
    assert pair.slot.track is pair.track
    assert pair.slot.output.pending is pair.source.layer
    assert len(pair.source.rtcp) == 1
    pair.source.send(1.1, key=True)
    pair.settling.bound(pair.ben, pair.slot)
    assert pair.heard() == [wire.SlotBound("4", "ann:camera")]
    assert pair.settling.due


def test_a_wish_for_a_slot_that_is_not_there_is_left_for_later(pair: Pair) -> None:
    pair.settling.take_wishes(pair.ben, [wire.SlotRequest("99", "ann:camera")], 1.0)
    assert pair.slot.wanted == ""
    pair.ben.connection = None
    pair.wishes("ann:camera")
    assert pair.heard() == []


def test_a_track_that_ends_is_news_when_all_are_settled_and_not_before(pair: Pair) -> None:
    pair.wishes("ann:camera")
    pair.settling.settle_all(1.0)
    pair.heard()
    pair.track.published = False
    pair.settling.settle_all(2.0)
    assert pair.heard() == []
    pair.settling.due = True
    pair.settling.settle_all(3.0)
    assert pair.heard() == [wire.SlotPaused("4", "ann:camera", "unpublished")]


def test_nothing_is_settled_for_one_who_has_not_arrived(pair: Pair) -> None:
    pair.ben.arrived_at = float("inf")
    pair.slot.wanted = "ann:camera"
    pair.settling.due = True
    pair.settling.settle_all(1.0)
    assert pair.slot.track is None


def test_a_sender_hears_once_what_the_others_decode_and_again_on_request(pair: Pair) -> None:
    common = wire.CodecsCommon(["VP8", "H264"])
    for p in (pair.ann, pair.ben):
        pair.settling.count_codecs(p)
    pair.settling.settle_all(1.0)
    assert common in pair.heard("ann")
    pair.settling.due = True
    pair.settling.settle_all(2.0)
    assert common not in pair.heard("ann")
    pair.settling.repeat(pair.ann)
    pair.settling.settle_all(3.0)
    assert common in pair.heard("ann")
    del pair.people["ben"]
    pair.settling.left(pair.ben)
    pair.settling.settle_all(4.0)
    assert wire.CodecsCommon(["VP8", "H264", "VP9", "AV1"]) in pair.heard("ann")


def test_a_receiver_who_may_have_missed_it_hears_again_what_the_slots_carry(pair: Pair) -> None:
    pair.settling.repeat(pair.ben)
    assert pair.heard() == []
    pair.wishes("ann:camera")
    pair.settling.repeat(pair.ben)
    assert pair.heard() == []  # its key frame is on the way
    pair.source.send(1.1, key=True)
    pair.settling.bound(pair.ben, pair.slot)
    pair.heard()
    pair.settling.repeat(pair.ben)
    assert pair.heard() == [wire.SlotBound("4", "ann:camera")]
    pair.track.published = False
    pair.settling.settle(pair.ben, 2.0)
    pair.heard()
    pair.settling.repeat(pair.ben)
    assert pair.heard() == [wire.SlotPaused("4", "ann:camera", "unpublished")]


def test_a_sender_who_may_have_missed_it_hears_again_which_layers_are_wanted(pair: Pair) -> None:
    pair.settling.repeat(pair.ann)
    assert pair.heard("ann") == []
    pair.track.told_rids = ["q"]
    pair.settling.repeat(pair.ann)
    assert pair.heard("ann") == [wire.LayersWanted("camera", ["q"])]
