"""Reading offers: recorded ones, ones that cannot be served, damaged and hostile ones."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu_worker import sdp, wire
from sfu_worker.sdp.codecs import codec_key
from tests.sfu_worker.builders.descriptions import (
    CHROMIUM,
    FFMPEG,
    FINGERPRINT,
    small_offer,
    written,
)


def test_chromium_offer_is_read_with_simulcast_and_folded_rtx() -> None:
    offer = sdp.parse_offer(CHROMIUM)
    assert (offer.setup, offer.extmap_allow_mixed, len(offer.media)) == ("actpass", True, 16)
    assert offer.fingerprints[0][0] == "sha-256"
    camera = offer.media[1]
    assert camera.simulcast == camera.rids == ["q", "h", "f"]
    assert camera.direction == "sendonly"
    vp8 = camera.codecs[0]
    assert (vp8.name, vp8.pt, vp8.rtx_pt, vp8.clock) == ("VP8", 96, 97, 90000)
    assert camera.extensions[sdp.MID] == 4
    assert not any(codec.name == "rtx" for media in offer.media for codec in media.codecs)


def test_ffmpeg_whip_offer_is_read_with_its_repair_ssrc() -> None:
    offer = sdp.parse_offer(FFMPEG)
    assert (offer.setup, sdp.local_setup(offer.setup)) == ("passive", "active")
    video = offer.media[1]
    assert video.ssrcs == [384199695]
    assert video.rtx == {384199695: 384199696}
    assert codec_key(video.codecs[0]) == "H264/1/4200"
    assert "a=setup:active" in written(offer)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0",
        small_offer(session=()),
        small_offer(session=("a=group:BUNDLE 0 0",)),
        small_offer(session=("a=group:BUNDLE 0 7",)),
        small_offer("m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=rtcp-mux"),
        small_offer("m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:1", session=("a=group:BUNDLE 0 1",)),
        small_offer("m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:1", "a=rtcp-mux"),
        small_offer().replace("a=ice-pwd:" + "p" * 22, "a=ice-pwd:short"),
        small_offer().replace("a=setup:actpass", "a=setup:holdconn"),
        small_offer().replace("sha-256", "").replace(FINGERPRINT, "xx"),
        small_offer().replace("a=rtcp-mux\r\n", ""),
        small_offer().replace("opus/48000/2", "opus/４８０００/2"),
        small_offer("a=fmtp:111 a=1\rm=evil"),
        small_offer("a=x:\x00"),
        small_offer("a=x:\ud800"),
        small_offer(*(f"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:m{i}" for i in range(128))),
        "v=0\n" + "é" * (wire.MAX_SDP_BYTES // 2),
    ],
)
def test_an_offer_that_cannot_be_served_is_an_sdp_error(text: str) -> None:
    with pytest.raises(sdp.SdpError):
        sdp.parse_offer(text)


LINES = sorted({line for text in (CHROMIUM, FFMPEG) for line in text.split("\r\n")})


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=40), max_size=60), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_mixture_of_lines_is_read_or_refused(lines: list[str], head: bool) -> None:
    text = (CHROMIUM[:2000] if head else "v=0\r\n") + "\r\n".join(lines)
    try:
        offer = sdp.parse_offer(text)
    except sdp.SdpError:
        return
    assert len(sdp.parse_answer(written(offer)).media) == len(offer.media)


@given(st.integers(0, len(FFMPEG)), st.integers(0, 60), st.text(max_size=20))
@settings(max_examples=300, deadline=None)
def test_any_damage_to_a_real_offer_is_read_or_refused(start: int, length: int, patch: str) -> None:
    try:
        offer = sdp.parse_offer(FFMPEG[:start] + patch + FFMPEG[start + length :])
    except sdp.SdpError:
        return
    written(offer)


HOSTILE = {
    "many ssrcs": [f"a=ssrc:{i} cname:x" for i in range(9000)],
    "many extensions in the session": [],
    "empty attributes": ["a="] * 20000,
    "long simulcast": ["a=simulcast:send " + ";".join(["q"] * 20000)],
    "long format parameters": ["a=fmtp:111 " + ";".join(["a=b"] * 12000)],
    "many groups": [],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_offers_cost_little(case: str) -> None:
    session: tuple[str, ...] = ("a=group:BUNDLE 0",)
    lines = HOSTILE[case]
    if case == "many extensions in the session":
        session += tuple(f"a=extmap:1 u{i}" for i in range(2500))
        lines = [f"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:m{i}\r\na=rtcp-mux" for i in range(127)]
    if case == "many groups":
        session = tuple("a=group:LS " + "0 " * 50 for _ in range(500))
    text = small_offer(*lines, session=session)[: wire.MAX_SDP_BYTES]
    started = time.process_time()
    try:
        sdp.parse_offer(text)
    except sdp.SdpError:
        pass
    # Milliseconds where it is well; the bound only catches work that grows faster than the text.
    assert time.process_time() - started < 0.5
