"""Trickle ICE fragments (RFC 8840): which are read, and which are refused."""

from __future__ import annotations

import pytest

from sfu_worker import sdp, wire
from sfu_worker.sdp import SdpError, parse_fragment

PWD = "p" * 24


def user(ufrag: str, pwd: str = PWD) -> str:
    return f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n"


CANDIDATE = "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1"  # noqa: E501
MEDIA = "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n"


@pytest.mark.parametrize(
    ("text", "ufrag"),
    [
        (
            f"a=ice-ufrag:EsAw\r\na=ice-pwd:{PWD}\r\n{MEDIA}{CANDIDATE}\r\na=end-of-candidates\r\n",
            "EsAw",
        ),
        (f"{MEDIA}a=ice-ufrag:EsAw\r\na=ice-pwd:{PWD}\r\n{CANDIDATE}\r\n", "EsAw"),
        (f"a=ice-ufrag:EsAw\na=ice-pwd:{PWD}", "EsAw"),
        (f"{MEDIA}{CANDIDATE}", ""),
        ("a=end-of-candidates", ""),
        (
            "a=group:BUNDLE 0\r\na=ice-options:trickle\r\n"
            + MEDIA
            + "a=candidate:0 1 UDP 1 x-1.local 9 typ host",
            "",
        ),
    ],
)
def test_a_fragment_is_read(text: str, ufrag: str) -> None:
    assert parse_fragment(text) == sdp.Fragment(ufrag, PWD if ufrag else "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("hello", id="no line of SDP"),
        pytest.param("v=0\r\n" + user("abcd"), id="a whole description"),
        pytest.param("a=ice-ufrag:abcd", id="a user without a password"),
        pytest.param(f"a=ice-pwd:{PWD}", id="a password without a user"),
        pytest.param(user("abc"), id="a user that is too short"),
        pytest.param(user("abcd", "short"), id="a password that is too short"),
        pytest.param(user("ab:cd"), id="a user with a colon"),
        pytest.param(user("abcd") + user("efgh"), id="two users"),
        pytest.param(MEDIA + "a=candidate:nonsense", id="a candidate that is none"),
        pytest.param(MEDIA + "a=candidate:", id="an empty candidate"),
        pytest.param("m=audio 9 RTP/AVP 0\r\n" + CANDIDATE, id="no mid"),
        pytest.param("m=audio\r\na=mid:0\r\n" + CANDIDATE, id="half an m-line"),
        pytest.param(user("abcd") + "a=x\0y", id="control characters"),
        pytest.param(user("abcd") + "a=" + "x" * wire.MAX_FRAGMENT_BYTES, id="too long"),
        pytest.param(user("abcd") + "a=\ud800", id="half a character"),
    ],
)
def test_what_is_no_fragment_is_refused(text: str) -> None:
    with pytest.raises(SdpError):
        parse_fragment(text)
