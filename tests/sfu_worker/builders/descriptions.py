"""Recorded and small session descriptions, and their answers."""

from __future__ import annotations

import itertools
from pathlib import Path

from sfu_worker import sdp

DATA = Path(__file__).parents[2] / "data"


FINGERPRINT = ":".join(["AB"] * 32)


def recorded(name: str) -> str:
    return (DATA / name).read_bytes().decode()


CHROMIUM = recorded("offer_chromium.sdp")


FFMPEG = recorded("offer_ffmpeg_whip.sdp")


def answered(offer: sdp.Offer) -> list[sdp.AnsweredMedia]:
    return sdp.answer_media(offer, itertools.count(1000).__next__)


def written(offer: sdp.Offer) -> str:
    candidates = [sdp.candidate("192.0.2.1", 5000), sdp.candidate("192.0.2.1", 5000, tcp=True)]
    local = sdp.LocalTransport(
        "abcd", "p" * 22, FINGERPRINT, sdp.local_setup(offer.setup), candidates
    )
    return sdp.build_answer(offer, answered(offer), local)


def small_offer(
    *lines: str,
    session: tuple[str, ...] = ("a=group:BUNDLE 0",),
    media: str = "m=audio 9 UDP/TLS/RTP/SAVPF 111",
) -> str:
    transport = [
        "a=ice-ufrag:abcd",
        "a=ice-pwd:" + "p" * 22,
        f"a=fingerprint:sha-256 {FINGERPRINT}",
        "a=setup:actpass",
    ]
    body = [
        "v=0",
        *session,
        *transport,
        media,
        "a=mid:0",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        *lines,
    ]
    return "\r\n".join(body) + "\r\n"
