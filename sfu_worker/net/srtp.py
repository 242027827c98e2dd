"""SRTP in place: the one file that touches pylibsrtp's binding.

``tests/sfu_worker/net/test_private_parts.py`` guards what it relies on in that binding.

``pylibsrtp.Session.protect`` copies a packet in and out. Here libsrtp works where the packet lies. Each function takes
``(handle, pointer to the packet, int * with its length)``, changes both in place and returns 0, or an error number of libsrtp:
the packet is then worthless, the session is not. The slot must have ``mmsg.MAX_PACKET``'s room for the trailer.
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

MIN_SRTP = 12 + 10
"A header and the shortest authentication tag of the profiles we offer (RFC 5764 section 4.1.2)."
MIN_SRTCP = 8 + 4 + 10
"A header, the index word, the tag (RFC 3711 section 3.4)."


def handle(session: pylibsrtp.Session) -> Any:
    """The ``srtp_t`` of a session. It is valid as long as the session object lives: keep that too."""
    return session._srtp[0]
