"""The network edge with real sockets, real DTLS and real SRTP."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import time

import pytest
from aioice import stun

from sfu_worker.light_client.link import Link
from sfu_worker.net import agent
from tests.sfu_worker.edge import Peer, media_port, rtp, silent, stranger, until


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


async def test_aes_gcm_with_128_bits_is_what_two_of_us_agree_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "aiortc.rtcdtlstransport")
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        assert "negotiated SRTP_AEAD_AES_128_GCM" in caplog.text
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


async def test_a_wrong_fingerprint_means_no_media() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect(fingerprint=":".join(["AB"] * 32), wait=False)
        await until(lambda: peer.handler.closed)
        assert peer.handler.closed == ["dtls"]
        assert not peer.transport.connected
        await peer.close()


async def test_one_wrong_fingerprint_among_right_ones_means_no_media() -> None:
    async with media_port() as (port, hub):
        peer = Peer(port, hub)
        theirs = [("sha-256", peer.link.fingerprint), ("sha-384", ":".join(["00"] * 48))]
        peer.transport.start(peer.link.ufrag, peer.link.pwd, theirs, "server")
        ours = [("sha-256", peer.transport.fingerprint)]
        await peer.link.connect(
            peer.transport.ufrag, peer.transport.pwd, ours, ("127.0.0.1", port.port)
        )
        await until(lambda: peer.handler.closed)
        assert not peer.handler.connected
        await peer.close()


async def test_without_a_fingerprint_there_is_nothing_to_start() -> None:
    async with media_port() as (port, hub):
        peer = Peer(port, hub)
        with pytest.raises(ValueError, match="fingerprint"):
            peer.transport.start("abcd", "x" * 22, [], "server")
        await peer.close()


# The four inputs that break plain aiortc 1.16 and aioice 0.13, each against a transport that goes on forwarding


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


def check(username: str, password: str, **attributes: object) -> bytes:
    message = stun.Message(
        stun.Method.BINDING,
        stun.Class.REQUEST,
        None,
        {"USERNAME": username, "PRIORITY": 1, **attributes},
    )
    message.add_message_integrity(password.encode())
    return bytes(message)


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


async def test_a_guest_cannot_take_over_the_address_of_another_who_is_heard() -> None:
    async with media_port() as (port, hub):
        victim = await Peer(port, hub).connect()
        attacker = await Peer(port, hub).connect()
        before = port.datagrams_dropped
        # The attacker's credentials, from the victim's address (here truly its own socket; elsewhere a forged source).
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


# TCP


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
