"""Sound over links that lose packets.

A room with real ICE, DTLS, SRTP and RTCP, losses on both sides of the worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from struct import Struct

import pytest

from sfu_worker import sdp, wire
from sfu_worker.call.connection import Host
from sfu_worker.call.room import Room
from sfu_worker.light_client.hub import Hub
from sfu_worker.light_client.link import Link
from sfu_worker.light_client.offer import EXTENSIONS, Lines, build_offer, pick_candidate
from sfu_worker.light_client.sending import Plan
from sfu_worker.net.dtls import Certificate
from sfu_worker.net.port import MediaPort
from sfu_worker.rtp import red
from sfu_worker.rtp.twcc import ArrivalLog
from sfu_worker.sdp import TRANSPORT_CC, parse_answer
from sfu_worker.up.batch import Batch
from tests.sfu_worker.edge import media_port, until

HEADER = Struct("!BBHII")
OPUS, RED = 111, 63
# 20 ms at 48 kHz.
FRAME = 960


class Call:
    """A room, and its answers by participant."""

    def __init__(self, port: MediaPort, hub: Hub) -> None:
        self.hub = hub
        self.answers: dict[str, str] = {}
        batch = Batch()
        port.on_batch_end = batch.deliver
        self.room = Room(
            "garden",
            1,
            self,
            self,
            Host(port, batch, Certificate(), sdp.candidates(["127.0.0.1"], port.port)),
        )
        self.port = port

    def tell(self, reply: str, event: wire.Event, fence: int = 0) -> None:
        if isinstance(event, wire.Answer):
            self.answers[reply] = event.sdp

    def tell_group(self, room: str, event: wire.Event, fence: int) -> None: ...

    def call(self, room: str, epoch: str, event: str, people: int) -> None: ...

    async def tick(self) -> None:
        """The worker's timers."""
        count = 0
        while True:
            count += 1
            now = time.monotonic()
            self.room.tick(now)
            self.room.send_feedback()
            if count % 10 == 0:
                self.room.refresh(now)
            self.port.flush()
            await asyncio.sleep(0.025)

    async def connect(self, name: str, link: Link, lines: Lines, *, red: bool) -> None:
        """Join and offer, with RED before Opus or without it."""
        offer = lines.sdp
        if red:
            offer = offer.replace(f"SAVPF {OPUS}\r\n", f"SAVPF {RED} {OPUS}\r\n")
            offer = offer.replace(
                f"a=rtpmap:{OPUS}",
                f"a=rtpmap:{RED} red/48000/2\r\na=fmtp:{RED} {OPUS}/{OPUS}\r\na=rtpmap:{OPUS}",
            )
        self.room.join(wire.Join("garden", name, name, "speaker", True, name), time.monotonic())
        participant = self.room.participants[name]
        self.room.offer(
            participant,
            wire.Offer("garden", name, offer, {m: s for s, m in lines.mids.items()}),
            time.monotonic(),
        )
        answer = parse_answer(self.answers[name])
        assert ("red" in [c.name for m in answer.media for c in m.codecs]) == red
        address = pick_candidate(answer.candidates, tcp=False)
        await link.connect(answer.ufrag, answer.pwd, answer.fingerprints, address)
        await link.connected


class Voice:
    """Sends numbered Opus packets, plain or in RED with the one before, as Chromium does.

    Some of them are lost.
    """

    def __init__(self, hub: Hub) -> None:
        self.link = Link(hub, lambda *_: None, lambda *_: None)
        self.lines = build_offer(
            self.link.ufrag, self.link.pwd, self.link.fingerprint, Plan(sources=("microphone",)), 0
        )
        self.count = 0

    @staticmethod
    def payload(number: int) -> bytes:
        # An Opus TOC octet of 20 ms, as Chromium's voice has it.
        return b"\x78" + number.to_bytes(4, "big") * 10

    def send(self, *, red_type: bool, lost: bool = False) -> None:
        self.count += 1
        payload = self.payload(self.count)
        if red_type:
            payload = red.build(OPUS, [(FRAME, self.payload(self.count - 1))], payload)
        seq, timestamp = (
            (65500 + self.count) & 0xFFFF,
            (2**32 - 50 * FRAME + self.count * FRAME) & 0xFFFFFFFF,
        )
        if not lost:
            self.link.send_rtp(
                HEADER.pack(0x80, RED if red_type else OPUS, seq, timestamp, 4242) + payload
            )


class Ear:
    """Receives in one slot, losing each ``nth`` packet, and reports what arrives."""

    def __init__(self, hub: Hub, nth: int) -> None:
        self.link = Link(hub, self._on_rtp, lambda *_: None)
        self.lines = build_offer(
            self.link.ufrag, self.link.pwd, self.link.fingerprint, Plan(sources=()), 1
        )
        self.types: list[int] = []
        # By RTP timestamp: what plain packets and the primaries and blocks of RED say.
        self.heard: dict[int, bytes] = {}
        self.contradictions = 0
        # How many blocks each packet repeated, of those that arrived.
        self.repeated: list[int] = []
        self.numbers: list[int] = []
        self._nth = nth
        self._arrivals = ArrivalLog()
        self._count = 0
        self._report_due = 0.0

    def _on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None:
        _, second, seq, timestamp, _ = HEADER.unpack_from(view, start)
        assert view[start + 16] == EXTENSIONS[TRANSPORT_CC] << 4 | 1
        self._count += 1
        if self._nth and self._count % self._nth == 0:
            return
        self._arrivals.record(view[start + 17] << 8 | view[start + 18], int(now * 1_000_000))
        data = bytes(view[start + 20 : end])
        self.types.append(second & 0x7F)
        self.numbers.append(seq)
        blocks = (
            red.parse(data, 0, len(data)) if second & 0x7F == RED else [(OPUS, 0, 0, len(data))]
        )
        self.repeated.append(len(blocks) - 1)
        for _, offset, begin, stop in blocks:
            at = (timestamp - offset) & 0xFFFFFFFF
            self.contradictions += self.heard.setdefault(at, data[begin:stop]) != data[begin:stop]

    def report(self, now: float) -> None:
        if now >= self._report_due:
            self._report_due = now + 0.1
            for message in self._arrivals.feedback(1, 1):
                self.link.send_rtcp(message)

    @property
    def spoken(self) -> list[int]:
        """What was heard, in the order of its time; each payload says which it is."""
        begin = next(iter(self.heard))
        ordered = sorted(
            self.heard.items(), key=lambda entry: (entry[0] - begin + 2**31) & 0xFFFFFFFF
        )
        return [int.from_bytes(payload[1:5], "big") for _, payload in ordered]


@pytest.fixture
async def call() -> AsyncIterator[Call]:
    async with media_port() as (port, hub):
        call = Call(port, hub)
        timers = asyncio.create_task(call.tick())
        yield call
        timers.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await timers
        people = list(call.room.participants.values())
        for p in people:
            call.room.drop(p, "", time.monotonic())
        port.flush()
        await asyncio.gather(*(p.closed() for p in people))


async def listen(call: Call, name: str, *, nth: int, red: bool) -> Ear:
    ear = Ear(call.hub, nth)
    await call.connect(name, ear.link, ear.lines, red=red)
    audio, _ = ear.lines.slots[0]
    call.room.set_slots(
        call.room.participants[name], [wire.SlotRequest(audio, "ann:microphone")], time.monotonic()
    )
    call.hub.pacers.append(ear.report)
    return ear


async def test_a_receiver_that_loses_packets_gets_each_payload_again_and_others_do_not(
    call: Call,
) -> None:
    ann = Voice(call.hub)
    await call.connect("ann", ann.link, ann.lines, red=False)
    lossy = await listen(call, "lossy", nth=7, red=True)
    clean = await listen(call, "clean", nth=0, red=True)
    plain = await listen(call, "plain", nth=7, red=False)
    call.hub.pacers.append(lambda now: ann.send(red_type=False))
    await until(lambda: lossy.repeated.count(2) > 100)
    call.hub.pacers.clear()
    await until(lambda: clean.spoken[-1:] == [ann.count])
    # From the first packet with two blocks on nothing is missing, although each seventh packet is.
    spoken = lossy.spoken
    safe = ann.count - 100
    assert [n for n in spoken if n > safe] == list(range(safe + 1, spoken[-1] + 1))
    assert set(spoken) <= set(range(1, ann.count + 1))
    assert all(
        payload == Voice.payload(int.from_bytes(payload[1:5], "big"))
        for payload in lossy.heard.values()
    )
    assert lossy.contradictions == 0
    assert set(clean.types) == {OPUS}
    assert set(plain.types) == {OPUS}
    assert len(set(range(1, ann.count + 1)) - set(plain.spoken)) > ann.count // 10
    for link in (ann.link, lossy.link, clean.link, plain.link):
        await link.close()


@pytest.mark.parametrize("redundant", [True, False])
async def test_what_is_lost_on_the_way_to_the_worker_is_filled_in_from_the_next_packet(
    call: Call, redundant: bool
) -> None:
    ann = Voice(call.hub)
    await call.connect("ann", ann.link, ann.lines, red=True)
    ben = await listen(call, "ben", nth=0, red=False)

    def speak(_: float) -> None:
        # Until it is heard all arrives; then each fifth is lost. Each third is no RED, as large
        # packets of Chromium are.
        number = ann.count + 1
        ann.send(red_type=redundant and number % 3 > 0, lost=number % 5 == 0 and len(ben.heard) > 0)

    call.hub.pacers.append(speak)
    await until(lambda: len(ben.heard) > 200)
    call.hub.pacers.clear()
    spoken = ben.spoken
    lost = {n for n in range(spoken[0] + 5, spoken[-1]) if n % 5 == 0}
    # Where the next one was no RED, nobody has said it again.
    gone = {n for n in lost if not redundant or n % 3 == 2}
    assert set(range(spoken[0] + 5, spoken[-1])) - set(spoken) == gone
    assert set(ben.types) == {OPUS}
    # What is filled in leaves in its place, under the number that was its own.
    assert spoken == [int.from_bytes(payload[1:5], "big") for payload in ben.heard.values()]
    assert len({(number - n) & 0xFFFF for number, n in zip(ben.numbers, spoken, strict=True)}) == 1
    # RED and Opus may alternate: that is one stream, and no change of codec.
    participant = call.room.participants["ann"]
    assert [layer.codec.name for layer in participant.tracks["microphone"].layers] == ["opus"]
    assert participant.connection is not None
    assert participant.connection.ingress.unroutable == 0
    await ann.link.close()
    await ben.link.close()


async def test_a_malformed_packet_costs_itself_alone(call: Call) -> None:
    ann = Voice(call.hub)
    await call.connect("ann", ann.link, ann.lines, red=True)
    ben = await listen(call, "ben", nth=0, red=False)
    damaged = (b"\xef", b"\xef\x0f\x00\xff\x6fshort", b"\x00another codec", b"\xef" * 300)
    for i, payload in enumerate(damaged):
        ann.link.send_rtp(HEADER.pack(0x80, RED, 65501 - len(damaged) + i, 0, 4242) + payload)
    call.hub.pacers.append(lambda _: ann.send(red_type=True))
    await until(lambda: len(ben.heard) > 20)
    call.hub.pacers.clear()
    connection = call.room.participants["ann"].connection
    assert connection is not None
    assert connection.ingress.unroutable == len(damaged)
    assert ben.spoken == list(range(ben.spoken[0], ben.spoken[-1] + 1))
    await ann.link.close()
    await ben.link.close()
