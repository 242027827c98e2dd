"""A room of mostly silent people: a real worker, real SRTP, clients that record what they hear."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

from sfu_worker import wire
from sfu_worker.up.backlog import BACKLOG_PACKETS, BACKLOG_SECONDS
from tests.sfu_worker.builders.house import CROWD, LOUD, SILENT, Guest, Heard, House, hears
from tests.sfu_worker.edge import until


def in_order(heard: list[Heard]) -> bool:
    return all((b.seq - a.seq) & 0xFFFF == 1 for a, b in pairwise(heard))


def contiguous(heard: list[Heard]) -> bool:
    return [h.number for h in heard] == list(range(heard[0].number, heard[0].number + len(heard)))


def true_times(heard: list[Heard], sender: Guest) -> bool:
    """Whether the outgoing timestamps differ from those that were sent by one offset."""
    return len({(h.timestamp - sender.sent[h.number]) & 0xFFFFFFFF for h in heard}) == 1


def first_of_backlog(sender: Guest, rise: int) -> int:
    """The number of the oldest packet that is sent with the first loud one.

    On a busy machine the packets are not 20 ms apart.
    """
    oldest = max(1, rise - BACKLOG_PACKETS + 1)
    recent = (
        n
        for n in range(oldest, rise + 1)
        if sender.sent[rise] - sender.sent[n] <= BACKLOG_SECONDS * 48000
    )
    return next(recent)


async def test_a_small_room_hears_the_silent_too(house: House) -> None:
    for _ in range(3):
        await house.come()
    for sender in house.guests:
        for other in house.guests:
            if other is not sender:
                await hears(other, sender.microphone)
                assert contiguous(other.ears.of(sender.microphone))
    assert not any(house.held(guest) for guest in house.guests)


async def test_in_a_crowd_a_voice_is_heard_from_before_its_first_loud_packet_and_silence_by_nobody(
    house: House,
) -> None:
    for _ in range(CROWD):
        await house.come()
    held = await house.quiet()
    speaker, *others = house.guests
    rise = speaker.microphone.count + 1
    speaker.microphone.level = LOUD
    for other in others:
        await hears(other, speaker.microphone, rise + 20, packets=0)
        heard = other.ears.of(speaker.microphone, held[speaker] + 1)
        assert heard[0].number == first_of_backlog(speaker, rise)
        assert contiguous(heard)
        assert [h.marker for h in heard[:20]] == [True] + [False] * 19
        for silent in others:
            assert not other.ears.of(silent.microphone, held[silent] + 1), "silence was forwarded"
    # Those who heard the speaker in the small room see one stream, in which time ran on.
    for other in others[:10]:
        heard = other.ears.of(speaker.microphone)
        assert heard[0].number < held[speaker]
        assert len({h.ssrc for h in heard}) == 1
        assert in_order(heard)
        assert true_times(heard, speaker)
    assert not speaker.ears.of(speaker.microphone)


async def test_who_has_no_pair_hears_a_voice_once_in_a_voice_slot_and_once_in_the_pair_it_gets(
    house: House,
) -> None:
    for _ in range(CROWD - 1):
        await house.come(pairs=0)
    far = await house.come(pairs=2, voices=2)
    await house.quiet()
    speaker = house.guests[0]
    rise = speaker.microphone.count + 1
    speaker.microphone.level = LOUD
    track = f"{speaker.id}:microphone"
    await until(lambda: len(far.ears.of(speaker.microphone, rise)) > 10)
    first = far.ears.of(speaker.microphone)
    assert first[0].number == first_of_backlog(speaker, rise)
    await until(lambda: track in far.bound.values())
    assert far.media is not None
    lines = far.media.lines
    assert [mid for mid, bound in far.bound.items() if bound == track] == lines.voices[:1]

    await far.choose(track)
    pair = lines.slots[0][0]
    await until(lambda: far.bound == {pair: track})
    changed = speaker.microphone.count
    await until(lambda: len(far.ears.of(speaker.microphone, changed)) > 10)
    assert contiguous(far.ears.of(speaker.microphone)), "a packet was heard twice, or not at all"
    assert len({h.ssrc for h in far.ears.of(speaker.microphone)}) == 2


async def test_voices_share_the_voice_slots_and_nobody_hears_oneself(house: House) -> None:
    for _ in range(CROWD - 1):
        await house.come(pairs=0)
    far = await house.come(pairs=0, voices=2)
    await house.quiet()
    far.microphone.level = LOUD
    one, two, three = house.guests[:3]
    for speaker in (one, two):
        speaker.microphone.level = LOUD
        await until(lambda mic=speaker.microphone: len(far.ears.of(mic)) > 10)  # type: ignore[misc]
    assert not far.ears.of(far.microphone)
    both = {h.ssrc for h in far.ears.heard}
    assert len(both) == 2
    # One stops: its slot is the third's, with the numbers going on.
    one.microphone.level = SILENT
    await until(
        lambda: (
            house.worker.rooms["hall"]._settling.voices._ranking.score(f"{one.id}:microphone") == 0
        )
    )
    rise = three.microphone.count + 1
    three.microphone.level = LOUD
    await until(lambda: len(far.ears.of(three.microphone, rise)) > 10)
    heard = far.ears.of(three.microphone)
    assert heard[0].number == first_of_backlog(three, rise)
    assert heard[0].marker
    slot = [h for h in far.ears.heard if h.ssrc == heard[0].ssrc]
    assert {h.stream for h in slot} == {one.microphone.name, three.microphone.name}
    assert in_order(slot)
    assert all((b.timestamp - a.timestamp) & 0xFFFFFFFF < 0x80000000 for a, b in pairwise(slot))
    assert {h.ssrc for h in far.ears.heard} == both


async def test_who_does_not_say_how_loud_it_is_is_always_heard(house: House) -> None:
    plain = await house.come(level=None)
    for _ in range(CROWD - 2):
        await house.come()
    far = await house.come(pairs=0, voices=1)
    await until(lambda: all(house.held(guest) for guest in house.guests if guest is not plain))
    assert not house.held(plain)
    since = plain.microphone.count
    for other in (*house.guests[1:-1], far):
        await hears(other, plain.microphone, since)


async def test_a_room_that_has_become_small_again_hears_everybody(house: House) -> None:
    for _ in range(CROWD):
        await house.come()
    held = await house.quiet()
    for guest in house.guests[10:]:
        await guest.line.close()
    left = house.guests[:10]
    first, second = left[:2]
    await until(lambda: len(second.ears.of(first.microphone, held[first] + 1)) > 10)
    assert in_order(second.ears.of(first.microphone))
    assert true_times(second.ears.of(first.microphone), first)


async def test_who_may_not_speak_any_more_is_not_forwarded_though_it_goes_on_sending(
    house: House,
) -> None:
    ann = await house.come(level=LOUD)
    ben = await house.come()
    await until(lambda: len(ben.ears.of(ann.microphone)) > 5)
    room = house.worker.rooms["hall"]
    ann_inside = room.participants[ann.id]
    role = wire.Join("hall", ann.id, "Guest", "listener", False, reply=ann_inside.reply)
    house.worker.handle(role, 1)
    assert ann_inside.tracks == {}
    assert not any(slot.track for slot in room.participants[ben.id].slots.values())
    assert ann_inside.connection is not None
    ingress = ann_inside.connection.ingress
    last, sent = ann.microphone.count, ingress.unroutable
    # Whatever the client does: it sends on, and all of it is dropped.
    await until(lambda: ingress.unroutable > sent + 20)
    await until(lambda: ben.microphone.count > 5 and len(ann.ears.of(ben.microphone)) > 5)
    assert ben.ears.of(ann.microphone, since=last + 1) == []
    # A page that has lost the call to another one cannot end it.
    house.worker.handle(wire.Leave("hall", ann.id, seat="another page"), 1)
    assert room.participants[ann.id] is ann_inside
    # Allowed again, it is heard over a connection of its own.
    house.worker.handle(dataclasses.replace(role, role="speaker", publish=True), 1)
    ann.epoch = ""
    house.worker.handle(wire.Snapshot("hall", ann.id), 1)
    await until(lambda: ann.streams and ben.ears.of(ann.microphone, since=last + 1))
