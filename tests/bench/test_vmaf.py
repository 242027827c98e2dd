"""Bitstreams, and whether pictures came through untouched."""

from __future__ import annotations

import struct

import pytest

from bench.clip import Size
from bench.vmaf import bitstream, untouched
from bench.whip import tracks_of

SIZE = Size(1280, 720)


def test_h264_frames_follow_one_another_as_they_are() -> None:
    assert bitstream("H264", SIZE, [b"\0\0\0\1one", b"\0\0\0\1two"]) == b"\0\0\0\1one\0\0\0\1two"


def test_vp8_frames_go_into_ivf() -> None:
    made = bitstream("VP8", SIZE, [b"one", b"three"])
    assert made[:4] == b"DKIF"
    assert made[8:12] == b"VP80"
    assert struct.unpack_from("<HH", made, 12) == (1280, 720)
    assert struct.unpack_from("<IQ", made, 32) == (3, 0)
    assert made[44:47] == b"one"
    assert struct.unpack_from("<IQ", made, 47) == (5, 1)
    assert made.endswith(b"three")


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(KeyError):
        bitstream("MPEG", SIZE, [b"one"])


def test_untouched_pictures_are_found_where_they_begin() -> None:
    own = [b"a", b"b", b"c", b"d", b"e"]
    assert untouched([b"c", b"d", b"e"], own) == (1.0, 2)
    assert untouched([b"c", b"broken"], own) == (0.5, 2)
    assert untouched([b"broken"], own) == (0.0, 0)
    assert untouched([], own) == (0.0, 0)


def test_the_sources_of_a_whip_offer_are_read_from_its_lines() -> None:
    offer = (
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 106\r\na=mid:1\r\n"
    )
    assert tracks_of(offer) == {"0": "microphone", "1": "camera"}
