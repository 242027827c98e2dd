"""What a client wants in a slot, and what it was told of it."""

from __future__ import annotations

from tests.sfu_worker.builders.streams import Source, Wire, video_slot, video_track


def test_a_slot_carries_one_track_at_a_time() -> None:
    slot, first, second = video_slot(Wire()), video_track("a"), video_track("b")
    slot.carry(first, 1.0)
    slot.carry(second, 2.0)
    assert (first.subscribers, second.subscribers) == ([], [slot])
    slot.release(3.0)
    assert (second.subscribers, slot.track) == ([], None)


def test_a_released_slot_forwards_nothing_more() -> None:
    wire, source = Wire(), Source(video_track(), 1)
    slot = video_slot(wire)
    slot.carry(source.track, 1.0)
    slot.output.aim(source.layer, 1.0)
    source.send(1.1, key=True)
    slot.release(1.2)
    source.send(1.3)
    assert len(wire.sent) == 1
    assert slot.layer is None


def test_a_voice_stays_when_the_wish_for_voices_is_repeated() -> None:
    slot = video_slot(Wire())
    slot.wish("", 0, 0, voices=True)
    slot.want("a:microphone")
    slot.wish("", 0, 0, voices=True)
    assert slot.wanted == "a:microphone"
    slot.wish("b:microphone", 0, 0)
    assert slot.wanted == "b:microphone"


def test_only_another_reason_to_pause_is_news() -> None:
    slot = video_slot(Wire())
    assert not slot.pause("unwanted")
    assert slot.pause("bandwidth")
    assert not slot.pause("bandwidth")


def test_the_limit_that_was_told_is_remembered() -> None:
    slot = video_slot(Wire())
    slot.limited("bandwidth")
    assert (slot.limit, slot.told_limit) == ("bandwidth", "")
    assert slot.tell_limit() == slot.told_limit == "bandwidth"
