"""Protecting and unprotecting packets where they lie."""

from __future__ import annotations

from typing import Any

import pylibsrtp
import pytest
from pylibsrtp import Policy

from sfu_worker.net import mmsg, srtp

RTP = b"\x80\x60\x00\x01" + bytes(8) + b"payload"
RTCP = b"\x80\xc9\x00\x01\x00\x00\x00\x07"


def sessions() -> tuple[pylibsrtp.Session, pylibsrtp.Session]:
    profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    key = bytes(range(28))
    return (
        pylibsrtp.Session(Policy(key, Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)),
        pylibsrtp.Session(Policy(key, Policy.SSRC_ANY_INBOUND, srtp_profile=profile)),
    )


def slot(packet: bytes) -> tuple[Any, Any]:
    memory = mmsg.ffi.new("char[]", packet.ljust(mmsg.SEND_SLOT, b"\0"))
    return memory, mmsg.ffi.new("int *", len(packet))


@pytest.mark.parametrize(
    ("packet", "protect", "unprotect", "least"),
    [
        (RTP, srtp.protect, srtp.unprotect, srtp.MIN_SRTP),
        (RTCP, srtp.protect_rtcp, srtp.unprotect_rtcp, srtp.MIN_SRTCP),
    ],
)
def test_a_packet_comes_out_as_it_went_in_and_not_if_it_was_changed(
    packet: bytes, protect: srtp.InPlace, unprotect: srtp.InPlace, least: int
) -> None:
    tx, rx = sessions()
    memory, size = slot(packet)
    assert protect(srtp.handle(tx), memory, size) == 0
    assert size[0] >= least
    protected = bytes(mmsg.ffi.buffer(memory, size[0]))
    changed, changed_size = slot(protected[:-1] + bytes([protected[-1] ^ 1]))
    assert unprotect(srtp.handle(rx), changed, changed_size) != 0
    assert unprotect(srtp.handle(rx), memory, size) == 0
    assert bytes(mmsg.ffi.buffer(memory, size[0])) == packet
