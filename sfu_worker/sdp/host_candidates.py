"""The worker's own ICE candidates (RFC 8839, 5.1; for TCP, RFC 6544)."""

from __future__ import annotations

from collections.abc import Sequence


def candidates(addresses: Sequence[str], port: int) -> list[str]:
    """The values of ``a=`` for a media port that clients reach at ``addresses``, UDP first."""
    return [
        candidate(address, port, tcp=tcp, index=index)
        for tcp in (False, True)
        for index, address in enumerate(addresses)
    ]


def candidate(address: str, port: int, *, tcp: bool = False, index: int = 0) -> str:
    """A host candidate as the value of ``a=``. ``index`` ranks our addresses: 0 is tried first.

    Priorities follow RFC 8445, 5.1.2.1. For TCP, RFC 6544, 4.2 applies: its type preference is
    lower, so that UDP wins where it works, and a passive host candidate has direction preference 4.
    """
    if tcp:
        priority = (90 << 24) + (((4 << 13) + 8191 - index) << 8) + 255
        return (
            f"candidate:{2 * index + 2} 1 tcp {priority} {address} {port} typ host tcptype passive"
        )
    priority = (126 << 24) + ((65535 - index) << 8) + 255
    return f"candidate:{2 * index + 1} 1 udp {priority} {address} {port} typ host"
