"""The lines of a session description, before anything is understood of them."""

from __future__ import annotations

import pytest

from sfu_worker import wire
from sfu_worker.sdp import SdpError
from sfu_worker.sdp.sections import MAX_MEDIA, number, read_sections, split_lines

M = "m=audio 9 UDP/TLS/RTP/SAVPF 111"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_attributes_belong_to_the_m_line_above_them(newline: str) -> None:
    lines = ["v=0", "a=group:BUNDLE 0 1", M, "a=mid:0", "a=rtcp-mux", M, "a=mid:1", "a=x:1", "a=x:"]
    session, [first, second], _ = read_sections(newline.join(lines))
    assert (session.media, session.first("group")) == ("", "BUNDLE 0 1")
    assert not session.has("mid")
    assert first.media == M[2:]
    assert (first.all("mid"), first.all("rtcp-mux")) == (["0"], [""])
    assert (second.first("mid"), second.all("x")) == ("1", ["1", ""])
    assert not second.has("rtcp-mux")


def test_an_attribute_ends_at_its_first_colon_and_may_be_missing() -> None:
    session, _, _ = read_sections("v=0\na=fingerprint:sha-256 AB:CD\nb=AS:5\n")
    assert session.first("fingerprint") == "sha-256 AB:CD"
    assert list(session.attributes) == ["fingerprint"]
    assert (session.first("none"), session.all("none")) == ("", [])


@pytest.mark.parametrize(
    ("lines", "version"),
    [
        ("o=- 17 5 IN IP4 0.0.0.0", 5),
        (f"o=- 17 {2**63 - 1} IN IP4 0.0.0.0", 2**63 - 1),
        ("o=- 17 5 IN", 1),
        (f"{M}\no=- 17 5 IN IP4 0.0.0.0", 1),
        ("s=-", 1),
    ],
)
def test_the_version_is_in_a_whole_origin_line_of_the_session(lines: str, version: int) -> None:
    assert read_sections(f"v=0\n{lines}")[2] == version


@pytest.mark.parametrize("text", ["", "v=1\n", "s=-\nv=0\n", " v=0\n", "o=- 1 5 IN IP4 0.0.0.0"])
def test_a_description_begins_with_its_version(text: str) -> None:
    with pytest.raises(SdpError, match="v=0"):
        read_sections(text)


def test_m_lines_are_bounded() -> None:
    _, sections, _ = read_sections("v=0" + f"\n{M}" * MAX_MEDIA)
    assert len(sections) == MAX_MEDIA
    with pytest.raises(SdpError, match="m-lines"):
        read_sections("v=0" + f"\n{M}" * (MAX_MEDIA + 1))


def test_the_length_counts_in_bytes_to_the_last_one() -> None:
    half = wire.MAX_SDP_BYTES // 2
    assert list(split_lines("é" * half)) == ["é" * half]
    with pytest.raises(SdpError, match="too long"):
        split_lines("é" * half + "a")


@pytest.mark.parametrize("character", ["\r", "\0", "\t", "\x0b", "\x1f", "\x7f"])
def test_nothing_in_a_line_looks_like_its_end(character: str) -> None:
    with pytest.raises(SdpError, match="control"):
        split_lines(f"v=0\r\na=x:{character}m=evil\r\n")


def test_numbers_are_plain_digits_within_their_range() -> None:
    assert (number("0", 5), number("5", 5), number("005", 5)) == (0, 5, 5)
    for text in ("", "6", "+1", "-1", "1_0", " 1", "1\n", "４", "²", "1" * 20):
        with pytest.raises(SdpError):
            number(text, 5 if len(text) < 20 else 10**30)
