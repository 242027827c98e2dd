"""SRTP in place: the only file that touches pylibsrtp's binding.

``tests/sfu_worker/net/test_private_parts.py`` guards what it relies on in that binding.

``pylibsrtp.Session.protect`` copies a packet in and out; here libsrtp works where the packet lies.
Each function takes ``(handle, pointer to the packet, int * with its length)`` and changes both in
place. It returns 0, or an error number of libsrtp: then the packet is useless, but the session is
not. To protect, the slot needs room for the trailer, as ``mmsg.MAX_PACKET`` leaves it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pylibsrtp
from pylibsrtp import _binding

InPlace = Callable[[Any, Any, Any], int]

protect: InPlace = _binding.lib.srtp_protect
protect_rtcp: InPlace = _binding.lib.srtp_protect_rtcp
unprotect: InPlace = _binding.lib.srtp_unprotect
unprotect_rtcp: InPlace = _binding.lib.srtp_unprotect_rtcp

# A header and the shortest authentication tag of the profiles we offer (RFC 5764, 4.1.2).
MIN_SRTP = 12 + 10
# A header, the index word and the tag (RFC 3711, 3.4).
MIN_SRTCP = 8 + 4 + 10


def handle(session: pylibsrtp.Session) -> Any:
    """The ``srtp_t`` of a session. It is valid while the session object lives: keep that too."""
    return session._srtp[0]
