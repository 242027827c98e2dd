"""What the port lets through, and its tables: real sockets, real DTLS and SRTP."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import time

import pytest
from aioice import stun

from sfu_worker.net import agent
from tests.sfu_worker.edge import Peer, check, media_port, rtp, silent, stranger, until

# Four of the inputs break plain aiortc 1.16 and aioice 0.13: empty datagrams, a foreign
# ClientHello, a short ICE-CONTROLLED and SCTP. Each meets a transport that goes on forwarding.


async def test_a_wildcard_port_serves_both_versions_of_ip() -> None:
    if not socket.has_ipv6:
        pytest.fail("this test needs IPv6 on the loopback interface")
    async with media_port("0.0.0.0", "::") as (port, hub):
        peers = [
            await Peer(port, hub).connect(host=host, tcp=tcp)
            for host in ("127.0.0.1", "::1")
            for tcp in (False, True)
        ]
        for peer in peers:
            await peer.forwards()
        assert [peer.transport.remote_address.split()[0] for peer in peers] == [
            "127.0.0.1",
            "127.0.0.1",
            "::1",
            "::1",
        ]
        for peer in peers:
            await peer.close()


async def test_explicit_addresses_have_sockets_of_their_own_and_share_a_batch() -> None:
    async with media_port("127.0.0.1", "::1") as (port, hub):
        peers = [await Peer(port, hub).connect(host=host) for host in ("127.0.0.1", "::1")]
        for seq in range(50):
            for peer in peers:
                peer.send(rtp(seq))
        port.flush()
        packets = [rtp(seq) for seq in range(50)]
        await until(lambda: all(peer.heard == packets for peer in peers))
        for peer in peers:
            await peer.close()


async def test_empty_datagrams_are_dropped() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        with stranger(port) as sock:
            before = port.datagrams_dropped
            sock.send(b"")
            await until(lambda: port.datagrams_dropped == before + 1)
            # From the peer itself, into memory where a record, a check and a packet lay before.
            for first in (b"\x17", b"\x00", b"\x80"):
                seen = port.datagrams_in
                peer.link.send_raw(first + bytes(40))
                while port.datagrams_in == seen:
                    await asyncio.sleep(0.001)
                peer.link.send_raw(b"")
                await peer.forwards()
            assert silent(sock)
        assert not peer.handler.closed
        await peer.close()


async def test_a_client_hello_from_elsewhere_is_dropped() -> None:
    hello = bytes.fromhex("16feff0000000000000000") + struct.pack("!H", 60) + b"\x01" + bytes(59)
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        before = port.datagrams_dropped
        with stranger(port) as sock:
            sock.send(hello)
            await until(lambda: port.datagrams_dropped == before + 1)
            await peer.forwards()
            assert silent(sock)
        # A second one from the peer's own address does not restart anything either.
        peer.link.send_raw(hello)
        await peer.forwards()
        assert not peer.handler.closed
        await peer.close()


async def test_a_short_ice_controlled_attribute_is_dropped_even_when_signed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        username = f"{peer.transport.ufrag}:{peer.link.ufrag}".encode()
        body = struct.pack("!HH", 6, len(username)) + username + bytes(-len(username) % 4)
        body += struct.pack("!HH4s", 0x8029, 4, b"\0\0\0\1")
        data = struct.pack("!HHI12s", 1, len(body) + 24, stun.COOKIE, os.urandom(12)) + body
        signature = stun.message_integrity(data, peer.transport.pwd.encode())
        before = port.datagrams_dropped
        with stranger(port) as sock:
            sock.send(data + struct.pack("!HH", 8, 20) + signature)
            await until(lambda: port.datagrams_dropped == before + 1)
            await peer.forwards()
            assert silent(sock)
        assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
        await peer.close()


async def test_a_twenty_byte_sctp_packet_is_dropped() -> None:
    packet = struct.pack("!HHII", 5000, 5000, 0, 0) + bytes(8)
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        before = port.datagrams_dropped
        with stranger(port) as sock:
            sock.send(packet)
            await until(lambda: port.datagrams_dropped == before + 1)
        # Inside DTLS, where plain aiortc would hand it to SCTP.
        assert peer.link._dtls is not None
        await peer.link._dtls._inner._send_data(packet)
        await peer.forwards()
        assert not peer.handler.closed
        await peer.close()


async def test_checks_that_are_not_our_peers_get_no_answer_at_all() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        ours, theirs, password = peer.transport.ufrag, peer.link.ufrag, peer.transport.pwd
        good = check(f"{ours}:{theirs}", password)
        bad = [
            check(f"unknown:{theirs}", password),
            check(f"{ours}:somebody", password),
            check(f"{ours}:{theirs}", "not the password"),
            good[:-1],
            good[:20],
            good[:30] + b"\xff" + good[31:],
            b"\0\1\0\0" + good[4:20],
        ]
        before = port.datagrams_dropped
        with stranger(port) as sock:
            for data in bad:
                sock.send(data)
            await until(lambda: port.datagrams_dropped == before + len(bad))
            assert silent(sock)
            sock.send(good)
            await until(lambda: not silent(sock))
        await peer.close()


async def test_a_guest_cannot_take_over_the_address_of_another_who_is_heard() -> None:
    async with media_port() as (port, hub):
        victim = await Peer(port, hub).connect()
        attacker = await Peer(port, hub).connect()
        before = port.datagrams_dropped
        # The attacker's credentials, from the victim's address (here truly its own socket;
        # elsewhere a forged source).
        victim.link.send_raw(
            check(f"{attacker.transport.ufrag}:{attacker.link.ufrag}", attacker.transport.pwd)
        )
        await until(lambda: port.datagrams_dropped == before + 1)
        await victim.forwards()
        await attacker.forwards()
        await victim.close()
        await attacker.close()


async def test_one_peer_cannot_fill_the_table_of_addresses() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
        for sock in socks:
            sock.connect(("127.0.0.1", port.port))
            sock.send(check(f"{peer.transport.ufrag}:{peer.link.ufrag}", peer.transport.pwd))
        for sock in socks:
            sock.setblocking(False)
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2048), 15)
            sock.close()
        assert len(peer.transport._agent.paths) == agent.MAX_PATHS
        assert sum(map(len, port._paths.values())) == agent.MAX_PATHS
        await peer.forwards()
        await peer.close()
        assert not any(port._paths.values())


async def test_a_transport_is_heard_from_register_to_unregister() -> None:
    async with media_port() as (port, hub):
        peer = Peer(port, hub)
        port.register("one", peer.transport)
        port.register("two", peer.transport)
        assert port.by_ufrag == {b"one": peer.transport, b"two": peer.transport}
        port.unregister("one")
        port.unregister("one")
        assert list(port.by_ufrag) == [b"two"]
        await peer.close()


async def test_a_forgotten_path_is_heard_no_more_and_its_packets_leave_first() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        await peer.forwards()
        path = peer.transport._current
        assert path is not None
        peer.send(rtp(600))
        assert port.slab.used == 1
        port.forget(path)
        assert port.slab.used == 0
        await until(lambda: rtp(600) in peer.heard)
        assert not any(port._paths.values())
        before = port.datagrams_dropped
        peer.link.send_raw(peer.protected(rtp(601)))
        await until(lambda: port.datagrams_dropped > before)
        assert rtp(601) not in peer.handler.rtp
        await peer.close()


async def test_the_port_says_how_long_packets_waited_to_be_read() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        port.take_waited()
        peer.link.send_rtp(rtp(1))
        hub.outbox.flush()
        # A loop that does something else.
        time.sleep(0.15)  # noqa: ASYNC251
        await until(lambda: peer.handler.rtp)
        assert 0.15 <= port.take_waited() < 10
        await peer.forwards()
        assert port.take_waited() < 0.15
        await peer.close()


async def test_timers_get_their_turn_after_each_batch_that_takes_long() -> None:
    async with media_port() as (port, _):
        turn, turns = 0, []

        def finish() -> None:
            turns.append(turn)
            time.sleep(0.01)

        port.on_batch_end = finish
        with stranger(port) as sock:
            for _ in range(256):
                sock.send(b"\xff")
            while port.datagrams_in < 256:
                turn += 1
                await asyncio.sleep(0)
        assert len(set(turns)) == len(turns) == 4
