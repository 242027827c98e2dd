"""The checks of a lobby get answers and leave nothing behind: real sockets."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from aioice import stun

from sfu_worker.net import ice, reach
from sfu_worker.net.port import MediaPort
from sfu_worker.net.reach import Reach
from tests.sfu_worker.edge import Peer, check, media_port, silent, stranger, until


def started(port: MediaPort) -> Reach:
    made = Reach(port)
    made.start()
    return made


def question(made: Reach) -> bytes:
    return check(f"{made.ufrag}:them", made.pwd)


def genuine(data: bytes, made: Reach) -> stun.Message:
    envelope = ice.open_envelope(data)
    assert envelope is not None
    assert ice.authentic(envelope, made.pwd.encode())
    return stun.parse_message(data)


async def answer(sock: socket.socket) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2048), 15)


async def test_a_check_over_udp_gets_one_answer_and_leaves_no_path() -> None:
    async with media_port() as (port, _):
        made = started(port)
        with stranger(port) as sock:
            sock.send(question(made))
            message = genuine(await answer(sock), made)
            assert message.attributes["XOR-MAPPED-ADDRESS"] == sock.getsockname()
            # What follows is not for anyone.
            before = port.datagrams_dropped
            sock.send(b"\x16" + bytes(60))
            sock.send(b"\x80" + bytes(60))
            await until(lambda: port.datagrams_dropped == before + 2)
            assert silent(sock)
        assert [list(paths) for paths in port._paths.values()] == [[]]


async def test_a_check_over_tcp_gets_an_answer_and_its_connection_ends() -> None:
    async with media_port() as (port, _):
        made = started(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port.port)
        for _ in range(2):
            packet = question(made)
            writer.write(len(packet).to_bytes(2, "big") + packet)
            async with asyncio.timeout(15):
                size = int.from_bytes(await reader.readexactly(2), "big")
                genuine(await reader.readexactly(size), made)
        made.tick(time.monotonic() + reach.TCP_SECONDS + 1)
        async with asyncio.timeout(15):
            assert await reader.read() == b""
        writer.close()
        await until(lambda: not made._paths)


async def test_only_so_many_tcp_connections_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "MAX_TCP", 2)
    async with media_port() as (port, _):
        made = started(port)
        crowd = [await asyncio.open_connection("127.0.0.1", port.port) for _ in range(3)]
        for _, writer in crowd:
            packet = question(made)
            writer.write(len(packet).to_bytes(2, "big") + packet)
        async with asyncio.timeout(15):
            for reader, _ in crowd:
                await reader.readexactly(2)
            assert len(made._paths) == 2
        for _, writer in crowd:
            writer.close()
        await until(lambda: not made._paths)


async def test_too_many_checks_and_wrong_passwords_get_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reach, "CHECKS_PER_SECOND", 2)
    async with media_port() as (port, _):
        made = started(port)
        with stranger(port) as sock:
            before = port.datagrams_dropped
            sock.send(check(f"{made.ufrag}:them", "wrong"))
            sock.send(question(made))
            sock.send(question(made))
            await answer(sock)
            await until(lambda: port.datagrams_dropped == before + 2)
            assert silent(sock)


async def test_an_old_password_is_good_until_the_one_after_the_next() -> None:
    async with media_port() as (port, _):
        made = started(port)
        first, now = question(made), time.monotonic()
        made.tick(now + reach.RENEWED_SECONDS + 1)
        assert question(made)[20:40] != first[20:40]
        with stranger(port) as sock:
            sock.send(first)
            await answer(sock)
            made.tick(now + 2 * reach.RENEWED_SECONDS + 2)
            before = port.datagrams_dropped
            sock.send(first)
            await until(lambda: port.datagrams_dropped == before + 1)
        assert len(port.by_ufrag) == 2


async def test_a_check_from_the_address_of_a_call_takes_nothing_from_it() -> None:
    async with media_port() as (port, hub):
        made = started(port)
        peer = await Peer(port, hub).connect()
        before = port.datagrams_dropped
        peer.link.send_raw(question(made))
        await until(lambda: port.datagrams_dropped > before)
        await peer.forwards()
        await peer.close()
