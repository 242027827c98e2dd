"""A room of mostly silent people: a real worker, real SRTP, clients that record what they hear."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from sfu_worker import wire
from sfu_worker.config import Config
from sfu_worker.light_client import Hub, LightClient, Plan, WorkerSignalling, open_layer
from sfu_worker.light_client.receiving import Receiver
from sfu_worker.light_client.sending import STAMP, STAMP_AT, Stream
from sfu_worker.rtp.header import PLAIN
from sfu_worker.up.backlog import BACKLOG_PACKETS, BACKLOG_SECONDS
from sfu_worker.worker import Worker
from tests.sfu_worker.edge import until

SILENT, LOUD = 127, 30
CROWD = 14


@dataclass(frozen=True)
class Heard:
    """A packet of sound. ``number`` is the sender's own count."""

    ssrc: int
    seq: int
    timestamp: int
    marker: bool
    stream: int
    number: int


class Ears(Receiver):
    """Writes down each packet."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Heard] = []

    def on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None:
        super().on_rtp(view, start, end, now)
        first, second, seq, timestamp, ssrc = PLAIN.unpack_from(view, start)
        at = start + 12
        if first & 0x10:
            at += 4 + 4 * (view[at + 2] << 8 | view[at + 3])
        stream, number, _, _ = STAMP.unpack_from(view, at + STAMP_AT)
        self.heard.append(Heard(ssrc, seq, timestamp, bool(second & 0x80), stream, number))

    def of(self, stream: Stream, since: int = 0) -> list[Heard]:
        return [h for h in self.heard if h.stream == stream.name and h.number >= since]


class Guest(LightClient):
    """Sends a microphone, and notes the RTP timestamp of each packet.

    A ``picky`` guest puts nobody into a pair by itself.
    """

    def __init__(
        self, hub: Hub, signalling: WorkerSignalling, pairs: int, voices: int, level: int | None
    ) -> None:
        super().__init__(
            hub,
            "Guest",
            signalling,
            Plan(sources=("microphone",), audio_level=level),
            pairs,
            voices,
        )
        self.ears = Ears()
        self.receiver = self.ears
        self.picky = False
        self.line = signalling
        self.sent: dict[int, int] = {}

    def _want(self, track: dict[str, Any]) -> None:
        if not self.picky:
            super()._want(track)

    async def choose(self, track: str) -> None:
        """Wish for a track in a pair."""
        self.picky = False
        await self.watch(track, "audio")
        self.picky = True

    def _on_connected(self) -> None:
        super()._on_connected()
        assert self.link is not None
        send = self.link.send_rtp

        def note(packet: bytes) -> None:
            # Header and extensions of these packets vary in length; the count is the stream's own.
            self.sent[self.microphone.count] = PLAIN.unpack_from(packet)[3]
            send(packet)

        self.link.send_rtp = note  # type: ignore[method-assign]

    @property
    def microphone(self) -> Stream:
        return self.streams[0]


class House:
    """A worker with one room."""

    def __init__(self, worker: Worker, hub: Hub, layer: Any) -> None:
        self.worker, self.hub, self.layer = worker, hub, layer
        self.guests: list[Guest] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(
        self, pairs: int = CROWD - 1, voices: int = 0, level: int | None = SILENT
    ) -> Guest:
        """One more guest, who is there and sends."""
        signalling = WorkerSignalling(self.layer, self.worker.config.worker, "hall")
        guest = Guest(self.hub, signalling, pairs, voices, level)
        guest.picky = not pairs or bool(voices)
        await signalling.join(guest.name)
        self.tasks.append(asyncio.create_task(guest.run()))
        await until(lambda: guest.streams and guest.microphone.count > 2)
        self.guests.append(guest)
        return guest

    def held(self, guest: Guest) -> bool:
        layers = self.worker.rooms["hall"].participants[guest.id].tracks["microphone"].layers
        return bool(layers) and layers[0].held

    async def quiet(self) -> dict[Guest, int]:
        """Wait until everybody has been held back for longer than a backlog.

        Returns what they had sent when that began; what they send from then on is held back.
        """
        await until(lambda: all(self.held(guest) for guest in self.guests))
        held = {guest: guest.microphone.count for guest in self.guests}
        await until(
            lambda: all(
                guest.microphone.count > count + 2 * BACKLOG_PACKETS
                for guest, count in held.items()
            )
        )
        return held


@pytest.fixture
async def house(redis_url: str, clean_redis: Any) -> AsyncIterator[House]:
    name = f"hall{secrets.token_hex(3)}"
    worker = Worker(Config(name, name, redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO"))
    await worker.start()
    layer = open_layer(redis_url)
    async with Hub() as hub:
        house = House(worker, hub, layer)
        yield house
        for task in house.tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*house.tasks, return_exceptions=True)
        await worker.stop()
    await layer.close_pools()


async def hears(guest: Guest, stream: Stream, since: int = 0, packets: int = 10) -> None:
    """Wait until a guest has heard more than so many packets."""
    await until(lambda: len(guest.ears.of(stream, since)) > packets)


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
