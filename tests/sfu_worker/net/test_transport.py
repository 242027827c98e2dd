"""The network edge with real sockets, real DTLS and real SRTP."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest
from aioice import stun

from sfu_worker.net import agent
from tests.sfu_worker.edge import Peer, check, media_port, rtp, silent, stranger, until


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("role", ["server", "client"])
async def test_media_flows_both_ways_over_udp_and_tcp_in_either_dtls_role(
    tcp: bool, role: str
) -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect(tcp=tcp, role=role)  # type: ignore[arg-type]
        await peer.forwards()
        assert peer.handler.connected == 1
        await peer.close()


async def test_a_burst_to_one_receiver_arrives_whole_and_in_order() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        sizes = [1100] * 70 + [900] + [1100] * 3 + [40, 1200, 1200, 1201] + [600] * 60
        packets = [rtp(seq, size) for seq, size in enumerate(sizes)]
        for packet in packets:
            peer.send(packet)
        port.flush()
        await until(lambda: len(peer.heard) == len(packets))
        assert peer.heard == packets
        assert port.send_errors == 0
        await peer.close()


async def test_a_packet_that_is_too_long_is_dropped_and_harms_nobody() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        peer.send(rtp(1, 1445, ssrc=88))
        peer.transport.send_rtcp(b"\x80\xc9" + bytes(1998))
        assert port.slab.used == 0
        peer.send(rtp(1, 1444, ssrc=88))
        assert port.slab.used == 1
        await peer.forwards()
        await peer.close()


# Forged, replayed, unknown


async def test_forged_plain_and_replayed_packets_are_not_forwarded_and_close_nothing() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        await peer.forwards()
        heard = len(peer.handler.rtp)
        good = peer.protected(rtp(500))
        keep = peer.link.send_raw
        keep(good)
        await until(lambda: len(peer.handler.rtp) == heard + 1)
        errors = peer.transport.srtp_errors
        keep(good)  # replayed
        keep(rtp(501))  # plain
        keep(good[:-1] + bytes([good[-1] ^ 1]))  # forged
        keep(good[:20])  # cut
        keep(b"\x80\xc8" + bytes(30))  # RTCP that never was
        await until(lambda: peer.transport.srtp_errors == errors + 5)
        with stranger(port) as sock:
            before = port.datagrams_dropped
            sock.send(good)
            await until(lambda: port.datagrams_dropped == before + 1)
        await peer.forwards()
        assert len(peer.handler.rtp) == heard + 2
        assert not peer.handler.rtcp
        assert not peer.handler.closed
        await peer.close()


async def test_a_peer_that_thinks_it_is_controlled_hears_of_the_conflict_and_gets_no_media() -> (
    None
):
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        attributes = {"ICE-CONTROLLED": 7, "USE-CANDIDATE": None, "PRIORITY": 2**32 - 1}
        with stranger(port) as sock:
            sock.send(
                check(f"{peer.transport.ufrag}:{peer.link.ufrag}", peer.transport.pwd, **attributes)
            )
            answer = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2048), 15)
            assert stun.parse_message(answer).attributes["ERROR-CODE"][0] == 487
            await peer.forwards()
            assert silent(sock)
        await peer.close()


async def test_media_follows_the_peer_to_a_new_port_and_the_old_one_gets_nothing() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        await peer.forwards()
        assert peer.link._sock is not None
        old = peer.link._sock.dup()
        before = peer.transport.remote_address
        asyncio.get_running_loop().remove_reader(peer.link._sock.fileno())
        peer.link.rebind(("127.0.0.1", port.port))
        await until(lambda: peer.transport.remote_address != before)
        await peer.forwards()
        old.setblocking(False)
        assert silent(old)
        old.close()
        await peer.close()


# The end


async def test_the_peer_hears_of_a_close_and_nobody_is_left_in_the_port() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        await peer.transport.close()
        await peer.transport.close()
        async with asyncio.timeout(15):
            await peer.link.ended.wait()
        assert not peer.handler.closed
        assert not port.by_ufrag
        assert not any(port._paths.values())
        peer.transport.send_rtcp(bytes(8))
        peer.send(rtp(1))
        await peer.link.close()


async def test_a_peer_that_closes_is_reported_once() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        await peer.link.close()
        await until(lambda: peer.handler.closed)
        await peer.transport.close()
        assert peer.handler.closed == ["dtls"]


async def test_silence_is_a_timeout_and_so_is_never_coming() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        absent = Peer(port, hub)
        absent.transport.start("abcd", "x" * 22, [("sha-256", "AB")], "server")
        now = time.monotonic()
        for transport in (peer.transport, absent.transport):
            transport.tick(now + agent.TIMEOUT_SECONDS - 1)
        assert not peer.handler.closed
        assert not absent.handler.closed
        for transport in (peer.transport, absent.transport):
            transport.tick(now + agent.TIMEOUT_SECONDS + 1)
            transport.tick(now + agent.TIMEOUT_SECONDS + 2)
        assert peer.handler.closed == ["timeout"]
        assert absent.handler.closed == ["timeout"]
        await peer.close()
        await absent.close()


async def test_a_handler_that_raises_costs_its_packet_and_one_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        good = peer.handler.on_rtp

        def bad(view: memoryview, start: int, end: int, now: float) -> None:
            raise ZeroDivisionError

        peer.handler.on_rtp = bad  # type: ignore[method-assign]
        before = port.datagrams_dropped
        for seq in range(50):
            peer.link.send_rtp(rtp(1000 + seq))
        hub.outbox.flush()
        await until(lambda: port.datagrams_dropped == before + 50)
        assert len([r for r in caplog.records if r.levelno >= logging.ERROR]) == 1
        peer.handler.on_rtp = good  # type: ignore[method-assign]
        peer.seq = 2000
        await peer.forwards()
        await peer.close()
