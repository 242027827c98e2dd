"""One connection, owned by nobody in particular: no room, no participant."""

from __future__ import annotations

import time

import pytest

from sfu_worker.call.connection import ALIVE_SECONDS, Connection, Host
from sfu_worker.call.negotiation import Sender, agree, read_offer
from sfu_worker.call.tally import Tally
from sfu_worker.down.slot import Slot
from sfu_worker.light_client import Plan
from sfu_worker.light_client.offer import build_offer
from sfu_worker.rtp.header import PLAIN
from sfu_worker.sdp import parse_answer
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack

FINGERPRINT = ":".join(["5A"] * 32)


class Owner:
    """Keeps what a connection says."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.begun: list[UpTrack] = []

    def first_packet(self, track: UpTrack) -> None:
        self.begun.append(track)

    def level(self, layer: UpLayer, dbov: int, now: float) -> None: ...

    def connected(self) -> None:
        self.said.append("connected")

    def disconnected(self, why: str) -> None:
        self.said.append(why)

    def bound(self, slot: Slot) -> None:
        self.said.append(f"bound {slot.mid}")


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
def connection(host: Host, owner: Owner) -> Connection:
    return Connection(host, owner, Tally())


def offered(connection: Connection, pairs: int = 1, user: str = "user") -> str:
    """Let a peer offer a microphone, a camera and slots; returns the answer."""
    text = build_offer(user, "p" * 22, FINGERPRINT, Plan(), pairs, 0).sdp
    offer = read_offer("call", text)
    sources = {"0": "microphone", "1": "camera"}
    terms = agree(Sender("call", publish=True), offer, sources, connection.ssrcs)
    kinds = {m.mid: m.kind for m in terms.media}
    tracks = {mid: UpTrack(s, "them", s, kinds[mid]) for mid, s in sources.items()}
    answer = connection.answer(terms)
    connection.accept(terms, tracks)
    return answer


async def test_an_offer_opens_slots_and_listens_for_the_peer(
    connection: Connection, host: Host
) -> None:
    answer = parse_answer(offered(connection))
    assert answer.ufrag == connection.transport.ufrag
    assert answer.fingerprints == [("sha-256", connection.transport.fingerprint)]
    assert sorted(slot.kind for slot in connection.slots.values()) == ["audio", "video"]
    assert list(host.port.by_ufrag) == [connection.transport.ufrag.encode()]
    await connection.close(0)
    assert not host.port.by_ufrag


async def test_the_same_peer_adds_slots_and_keeps_those_that_it_has(
    connection: Connection,
) -> None:
    first = parse_answer(offered(connection))
    slots = dict(connection.slots)
    second = parse_answer(offered(connection, pairs=2))
    assert second.ufrag == first.ufrag
    assert len(connection.slots) == 4
    assert connection.slots.items() >= slots.items()
    await connection.close(0)


async def test_a_connection_knows_its_peer_by_ice_user_and_fingerprint(
    connection: Connection,
) -> None:
    def offer(user: str, fingerprint: str) -> bool:
        text = build_offer(user, "p" * 22, fingerprint, Plan(), 1, 0).sdp
        return connection.is_with(read_offer("call", text))

    assert not offer("user", FINGERPRINT)
    offered(connection)
    assert offer("user", FINGERPRINT)
    assert not offer("another", FINGERPRINT)
    assert not offer("user", ":".join(["5B"] * 32))
    await connection.close(0)


async def test_a_connection_lives_while_valid_packets_come(connection: Connection) -> None:
    offered(connection)
    now = time.monotonic()
    assert not connection.lives(now)
    connection.transport.connected = True
    assert connection.lives(now)
    assert not connection.lives(now + ALIVE_SECONDS + 1)
    await connection.close(0)


async def test_a_packet_reaches_the_track_of_its_m_line(
    connection: Connection, owner: Owner
) -> None:
    offered(connection)
    opus = 111
    packet = PLAIN.pack(0x80, opus, 1, 0, 4242) + bytes(20)
    connection.on_rtp(memoryview(packet), 0, len(packet), 1.0)
    assert [track.source for track in owner.begun] == ["microphone"]
    connection.silence(2.0)
    assert connection.ingress.layers == {}
    connection.on_rtp(memoryview(packet), 0, len(packet), 2.0)
    assert connection.ingress.unroutable == 1
    await connection.close(3.0)


async def test_voice_slots_are_told_from_those_that_carry_a_wanted_track(
    connection: Connection,
) -> None:
    offered(connection, pairs=2)
    voice, wanted = [slot for slot in connection.slots.values() if slot.kind == "audio"]
    voice.voices, wanted.wanted = True, "ann:microphone"
    connection.sort_slots()
    assert (connection.voice_slots, connection.carried) == ([voice], {"ann:microphone"})
    await connection.close(0)
    assert (connection.voice_slots, connection.carried) == ([], set())


async def test_the_owner_hears_when_media_can_flow_and_when_it_no_longer_can(
    connection: Connection, owner: Owner
) -> None:
    connection.on_connected()
    connection.on_closed("timeout")
    assert owner.said == ["connected", "timeout"]
    await connection.close(0)
