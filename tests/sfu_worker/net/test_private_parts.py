"""What sfu_worker/net/dtls.py and srtp.py rely on in aiortc and pylibsrtp beyond their documented
interfaces.
"""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import aiortc.rtcdtlstransport
import pylibsrtp
from aiortc import RTCCertificate, RTCDtlsTransport
from pylibsrtp import Policy, _binding

from sfu_worker.net import dtls, srtp

WORKER = Path(dtls.__file__).parents[1]


def test_the_versions_are_those_that_were_read() -> None:
    assert version("aiortc").startswith("1.16.")
    assert version("pylibsrtp").startswith("1.0.")


def test_the_dtls_transport_asks_its_ice_transport_for_nothing_but_role_recv_and_send() -> None:
    source = inspect.getsource(RTCDtlsTransport)
    used = set(re.findall(r"(?:self\.transport|self\._transport)\.(\w+)", source))
    assert used == {"role", "_recv", "_send"}


def test_the_dtls_transport_has_what_we_set_and_read() -> None:
    lower = cast("Any", dtls._Lower(lambda data: None))
    inner = RTCDtlsTransport(lower, [RTCCertificate.generateCertificate()])
    assert inspect.signature(inner._set_role).parameters.keys() == {"role"}
    assert inspect.signature(inner.start).parameters.keys() == {"remoteParameters"}
    assert inspect.iscoroutinefunction(inner.stop)
    assert inner.state == "new"
    assert {name: getattr(inner, name) for name in ("_rx_srtp", "_tx_srtp", "_task")} == {
        "_rx_srtp": None,
        "_tx_srtp": None,
        "_task": None,
    }
    assert inner._srtp_profiles is aiortc.rtcdtlstransport.SRTP_PROFILES


def test_the_keys_are_made_with_a_window_and_leave_to_send_again() -> None:
    source = inspect.getsource(RTCDtlsTransport._setup_srtp)
    assert source.count("allow_repeat_tx = True") == 2
    assert source.count("window_size = 1024") == 2


def test_the_cheapest_profile_is_offered_first() -> None:
    assert dtls.PROFILES[0].openssl_profile == b"SRTP_AEAD_AES_128_GCM"
    assert len(dtls.PROFILES) == 3


def test_the_binding_takes_pointers_and_works_in_place() -> None:
    signature = "srtp_err_status_t(*)(struct srtp_ctx_t_ *, void *, int *)"
    for name in ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp"):
        assert signature in str(_binding.ffi.typeof(getattr(_binding.lib, name)))
    assert _binding.lib.srtp_err_status_ok == 0
    assert (pylibsrtp.SRTP_MAX_TRAILER_LEN, pylibsrtp.SRTP_MAX_SRTCP_TRAILER_LEN) == (144, 148)
    key = bytes(range(28))
    policy = {"key": key, "srtp_profile": Policy.SRTP_PROFILE_AEAD_AES_128_GCM}
    tx = pylibsrtp.Session(Policy(ssrc_type=Policy.SSRC_ANY_OUTBOUND, **policy))
    rx = pylibsrtp.Session(Policy(ssrc_type=Policy.SSRC_ANY_INBOUND, **policy))
    packet = b"\x80\x60\x00\x01" + bytes(8) + b"payload"
    memory = _binding.ffi.new("char[200]", packet)
    length = _binding.ffi.new("int *", len(packet))
    assert srtp.protect(srtp.handle(tx), memory, length) == 0
    assert rx.unprotect(_binding.ffi.buffer(memory, length[0])[:]) == packet


def test_only_two_files_of_the_worker_reach_into_private_parts() -> None:
    reach = re.compile(
        r"_binding|\._(rx_srtp|tx_srtp|srtp|srtp_profiles|set_role)\b|_create_ssl_context"
    )
    users = {
        path.name for path in WORKER.rglob("*.py") if reach.search(path.read_text(encoding="utf-8"))
    }
    assert users == {"dtls.py", "srtp.py"}
