"""The handshake: fingerprints and the chosen SRTP profile."""

from __future__ import annotations

import logging

import pytest

from tests.sfu_worker.edge import Peer, media_port, until


async def test_aes_gcm_with_128_bits_is_what_two_of_us_agree_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "aiortc.rtcdtlstransport")
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        assert "negotiated SRTP_AEAD_AES_128_GCM" in caplog.text
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


async def test_the_answer_to_a_late_check_starts_no_association_that_was_stopped() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        dtls = peer.link._dtls
        assert dtls is not None
        await dtls.stop()
        assert dtls.started
        await peer.close()
