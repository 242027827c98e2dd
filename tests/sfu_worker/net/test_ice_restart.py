"""ICE restarts at the network edge: real sockets, real DTLS and SRTP."""

from __future__ import annotations

import asyncio
import time

import pytest
from aioice import stun

from sfu_worker.net import agent, ice
from tests.sfu_worker.edge import Peer, media_port, silent, stranger, until


def check(ours: str, theirs: str, password: str, **attributes: object) -> bytes:
    fields = {"USERNAME": f"{ours}:{theirs}", "PRIORITY": 1, "ICE-CONTROLLING": 7, **attributes}
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, None, fields)
    message.add_message_integrity(password.encode())
    return bytes(message)


def restart(peer: Peer) -> None:
    """Both sides take new users and passwords; the client has not heard ours yet."""
    peer.link.ufrag, peer.link.pwd = ice.new_credentials()
    peer.transport.restart_ice(peer.link.ufrag)


@pytest.mark.parametrize("moves", [False, True])
async def test_media_goes_on_before_during_and_after_a_restart_with_the_keys_of_before(
    moves: bool,
) -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        await peer.forwards()
        before, sessions = peer.transport.ufrag, peer.transport._sessions
        restart(peer)
        assert peer.transport.ufrag != before
        await peer.forwards()
        address = peer.transport.remote_address
        if moves:
            peer.link.rebind(("127.0.0.1", port.port))
        peer.link.restart_ice(peer.transport.ufrag, peer.transport.pwd)
        await until(lambda: before.encode() not in port.by_ufrag)
        assert list(port.by_ufrag) == [peer.transport.ufrag.encode()]
        # A path that the new session nominates takes over at once, however recently the old one was
        # nominated.
        await until(lambda: (peer.transport.remote_address != address) == moves)
        await peer.forwards()
        assert peer.transport._sessions is sessions
        assert (peer.handler.connected, peer.handler.closed) == (1, [])
        await peer.close()
        assert not port.by_ufrag


async def test_until_the_peer_answers_the_session_before_counts_and_then_no_more() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        old = (peer.transport.ufrag, peer.link.ufrag, peer.transport.pwd)
        restart(peer)
        new = (peer.transport.ufrag, peer.link.ufrag, peer.transport.pwd)
        loop = asyncio.get_running_loop()
        with stranger(port) as sock:
            for pair, key in ((old, old[2]), (new, new[2])):
                sock.send(check(*pair))
                answer = stun.parse_message(await asyncio.wait_for(loop.sock_recv(sock, 2048), 15))
                assert answer.message_class is stun.Class.RESPONSE
                assert answer.check_message_integrity(key.encode())
            dropped = port.datagrams_dropped
            # The old one, and what belongs to neither.
            for wrong in (
                old,
                (new[0], old[1], new[2]),
                (new[0], new[1], old[2]),
                (old[0], new[1], new[2]),
            ):
                sock.send(check(*wrong))
            await until(lambda: port.datagrams_dropped == dropped + 4)
            assert silent(sock)
        await peer.forwards()
        await peer.close()


async def test_what_the_new_session_nominates_is_the_path_at_once_however_low_it_ranks() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        restart(peer)
        with stranger(port) as sock:
            # No other path takes over from one that has just been nominated. In a new session no
            # path is nominated yet.
            await peer.forwards()
            assert peer.transport._current is not None
            assert peer.transport._current.nominated_at > 0
            peer.transport._current.nominated_at = time.monotonic() + 600
            sock.send(
                check(
                    peer.transport.ufrag,
                    peer.link.ufrag,
                    peer.transport.pwd,
                    **{"USE-CANDIDATE": None},
                )
            )
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2048), 15)
            assert peer.transport.remote_address.split()[2] == str(sock.getsockname()[1])
            # And that counts from then on: the restart is over with the first check.
            nominated = peer.transport._current.nominated_at
            assert nominated > 0
            sock.send(check(peer.transport.ufrag, peer.link.ufrag, peer.transport.pwd))
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2048), 15)
            assert peer.transport._current.nominated_at == nominated
        await peer.close()


async def test_of_two_restarts_at_once_the_last_counts() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        first = peer.transport.ufrag
        restart(peer)
        second = peer.transport.ufrag
        restart(peer)
        assert set(port.by_ufrag) == {first.encode(), peer.transport.ufrag.encode()}
        assert second != peer.transport.ufrag
        peer.link.restart_ice(peer.transport.ufrag, peer.transport.pwd)
        await until(lambda: list(port.by_ufrag) == [peer.transport.ufrag.encode()])
        await peer.forwards()
        await peer.close()


async def test_who_closes_during_a_restart_leaves_nobody_in_the_port() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        restart(peer)
        await peer.close()
        assert not port.by_ufrag


async def test_a_restart_may_take_as_long_as_consent_lasts() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        await peer.forwards()
        restart(peer)
        now = time.monotonic()
        peer.transport.tick(now + agent.TIMEOUT_SECONDS + 1)
        assert not peer.handler.closed
        peer.transport.tick(now + agent.CONSENT_SECONDS + 1)
        assert peer.handler.closed == ["timeout"]
        await peer.close()
