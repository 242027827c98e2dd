"""The light client's end of a connection."""

from __future__ import annotations

import asyncio
import socket

import pytest

from sfu_worker.light_client.checks import TIMEOUT_SECONDS
from sfu_worker.light_client.hub import Hub
from sfu_worker.light_client.link import Link
from tests.sfu_worker.edge import Peer, media_port, rtp, until

FINGERPRINTS = [("sha-256", ":".join(["AB"] * 32))]


def link(hub: Hub) -> Link:
    return Link(hub, lambda *_: None, lambda *_: None)


async def test_a_link_that_no_one_answers_ends_with_an_error() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        async with Hub() as hub:
            alone = link(hub)
            await alone.connect("abcd", "p" * 24, FINGERPRINTS, deaf.getsockname())
            alone.tick(alone.answered_at + TIMEOUT_SECONDS - 1)
            assert not alone.ended.is_set()
            alone.tick(alone.answered_at + TIMEOUT_SECONDS + 1)
            assert alone.ended.is_set()
            with pytest.raises(ConnectionError):
                await alone.connected
            await alone.close()


async def test_nothing_is_sent_before_the_keys_are_there() -> None:
    async with Hub() as hub:
        early = link(hub)
        early.send_rtcp(b"\x80\xc9" + bytes(6))
        early.send_rtp(rtp(1))
        assert hub.outbox.used == 0
        await early.close()


async def test_a_link_may_be_closed_twice_and_leaves_the_hub() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        assert hub.links == {peer.link}
        await peer.link.close()
        await peer.link.close()
        assert not hub.links
        assert peer.link.ended.is_set()
        peer.link.send_rtp(rtp(1))
        assert hub.outbox.used == 0
        await peer.transport.close()


async def test_a_frame_over_tcp_is_put_together_from_pieces() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect(tcp=True)
        await peer.forwards()
        heard = len(peer.heard)
        connection = next(iter(port._tcp._connections))
        sent = bytearray()
        connection.queue = sent.extend  # type: ignore[method-assign, assignment]
        peer.send(rtp(700))
        framed = len(sent).to_bytes(2, "big") + bytes(sent)
        assert connection._transport is not None
        for piece in (framed[:1], framed[1:40], framed[40:]):
            connection._transport.write(piece)
            await asyncio.sleep(0.01)
        await until(lambda: len(peer.heard) == heard + 1)
        assert peer.heard[-1] == rtp(700)
        await peer.close()
