"""Packets over TCP, for networks without UDP: real sockets."""

from __future__ import annotations

import asyncio

import pytest

from sfu_worker.light_client.link import Link
from tests.sfu_worker.edge import Peer, media_port, rtp, until


async def test_a_tcp_connection_whose_first_frame_is_no_check_is_closed() -> None:
    async with media_port() as (port, _hub):
        for frame in (b"\0\4abcd", b"\xff\xff" + bytes(3000), b"\0\x14" + bytes(20)):
            reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
            writer.write(frame)
            async with asyncio.timeout(15):
                assert await reader.read() == b""
            writer.close()


async def test_a_tcp_connection_that_says_nothing_is_closed_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sfu_worker.net.tcp.UNVALIDATED_SECONDS", 0.05)
    async with media_port() as (port, _hub):
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        async with asyncio.timeout(15):
            assert await reader.read() == b""
        writer.close()


async def test_a_crowd_of_tcp_connections_does_not_keep_a_guest_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sfu_worker.net.tcp.MAX_UNVALIDATED", 4)
    monkeypatch.setattr("sfu_worker.net.tcp.UNVALIDATED_SECONDS", 600)
    async with media_port() as (port, hub):
        crowd = [await asyncio.open_connection("127.0.0.1", port.port) for _ in range(10)]
        peer = await Peer(port, hub).connect(tcp=True)
        await peer.forwards()
        async with asyncio.timeout(15):
            for reader, _ in crowd[:6]:
                assert await reader.read() == b""
        assert len(port._tcp.unvalidated) <= 4
        for _, writer in crowd:
            writer.close()
        await peer.close()


async def test_a_slow_tcp_receiver_loses_media_and_the_worker_keeps_its_memory() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect(tcp=True)
        assert peer.link._tcp is not None
        peer.link._tcp.pause_reading()
        sent = 0
        while not port.send_errors:
            for _ in range(100):
                peer.send(rtp(sent))
                sent += 1
            port.flush()
            assert sent < 100_000
            await asyncio.sleep(0)
        peer.link._tcp.resume_reading()
        await until(lambda: len(peer.heard) > 100)
        await peer.close()


async def test_a_lost_tcp_connection_can_be_made_again() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect(tcp=True)
        assert peer.link._tcp is not None
        peer.link._tcp.abort()
        await until(lambda: peer.transport.remote_address == "nowhere")
        other = Link(hub, lambda *_: None, lambda *_: None)
        other.ufrag = peer.link.ufrag
        await other.connect(
            peer.transport.ufrag,
            peer.transport.pwd,
            [("sha-256", "AB")],
            ("127.0.0.1", port.port),
            tcp=True,
        )
        await until(lambda: peer.transport.remote_address != "nowhere")
        assert not peer.handler.closed
        await other.close()
        await peer.close()
