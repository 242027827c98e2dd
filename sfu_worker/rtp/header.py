"""RTP's header (RFC 3550, 5.1) and its extensions (RFC 8285), read and written per packet."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct

# The fixed header: first byte, marker and payload type, sequence number, timestamp, SSRC.
PLAIN = Struct("!BBHII")
PLAIN_SIZE = PLAIN.size

# The same with the transport-wide number as the only header extension: the fixed header, what
# ``twcc_extension`` returns, the number, padding. The first byte has 0x10 set (X).
WITH_TWCC = Struct("!BBHII5sHx")
WITH_TWCC_SIZE = WITH_TWCC.size

# Profiles of the one-byte and the two-byte form. The low four bits of the second are the
# application's.
ONE_BYTE = 0xBEDE
TWO_BYTE = 0x1000

# Of (mid, rid, repaired rid, transport-wide number, audio level, dependency descriptor); 0 for one
# that was not negotiated.
Ids = tuple[int, int, int, int, int, int]

Extensions = tuple[int, int, bytes | None, bytes | None, bytes | None, int, int]

_NOTHING: Extensions = (-1, -1, None, None, None, 0, 0)


def one_byte_extension(elements: Iterable[tuple[int, bytes]]) -> bytes:
    """A header extension of (id, value) in the one-byte form (RFC 8285, 4.2), padded."""
    data = b"".join(bytes([ident << 4 | len(value) - 1]) + value for ident, value in elements)
    data += bytes(-len(data) % 4)
    return ONE_BYTE.to_bytes(2, "big") + (len(data) // 4).to_bytes(2, "big") + data


def twcc_extension(ident: int) -> bytes:
    """What ``WITH_TWCC`` has before the number. Empty for id 0: it was not negotiated."""
    return one_byte_extension([(ident, bytes(2))])[:5] if ident else b""


# A call for each element would double the cost, hence the noqa.
def read_extensions(view: memoryview, start: int, end: int, ids: Ids) -> Extensions:  # noqa: C901
    """Read the extensions that the worker uses.

    Returns (transport-wide number or -1, audio level or -1, mid, rid, repaired rid, start and end
    of the dependency descriptor). ``view[start:end]`` is the header extension from its profile on.
    The audio level is 0 (loud) to 127 (silent) -dBov. The descriptor's place is an index into
    ``view``; both are 0 for none. Raises ValueError when an element runs over the end or is too
    short for what it should hold.
    """
    if end - start < 4 or end > len(view):
        raise ValueError("RTP: the header extension is cut off")
    profile = view[start] << 8 | view[start + 1]
    if profile != ONE_BYTE:
        return (
            _read_two_byte(view, start + 4, end, ids) if profile & 0xFFF0 == TWO_BYTE else _NOTHING
        )
    mid_id, rid_id, repaired_id, twcc_id, level_id, dependency_id = ids
    twcc = level = -1
    dependency_at = dependency_end = 0
    mid = rid = repaired = None
    at = start + 4
    while at < end:
        head = view[at]
        at += 1
        if head < 16:
            continue  # padding
        ident = head >> 4
        stop = at + (head & 15) + 1
        if ident == 15:
            break  # RFC 8285, 4.2: reserved, ends the list
        if stop > end:
            raise ValueError("RTP: a header extension element is cut off")
        if ident == twcc_id:
            if stop - at < 2:
                raise ValueError("RTP: the transport-wide number is too short")
            twcc = view[at] << 8 | view[at + 1]
        elif ident == level_id:
            level = view[at] & 0x7F
        elif ident == dependency_id:
            dependency_at, dependency_end = at, stop
        elif ident == mid_id:
            mid = bytes(view[at:stop])
        elif ident == rid_id:
            rid = bytes(view[at:stop])
        elif ident == repaired_id:
            repaired = bytes(view[at:stop])
        at = stop
    return twcc, level, mid, rid, repaired, dependency_at, dependency_end


def _read_two_byte(view: memoryview, at: int, end: int, ids: Ids) -> Extensions:
    """The two-byte form (RFC 8285, 4.3): Chromium uses it for a long dependency descriptor."""
    found: dict[int, bytes] = {}
    dependency_at = dependency_end = 0
    while at < end:
        ident = view[at]
        at += 1
        if ident == 0:
            continue  # padding
        if at >= end or at + 1 + view[at] > end:
            raise ValueError("RTP: a header extension element is cut off")
        stop = at + 1 + view[at]
        if ident == ids[5]:
            dependency_at, dependency_end = at + 1, stop
        else:
            found[ident] = bytes(view[at + 1 : stop])
        at = stop
    mid, rid, repaired, twcc, level = (found.get(ident) for ident in ids[:5])
    if (twcc is not None and len(twcc) < 2) or level == b"":
        raise ValueError("RTP: a header extension element is too short")
    number = -1 if twcc is None else twcc[0] << 8 | twcc[1]
    loudness = -1 if level is None else level[0] & 0x7F
    return (
        number,
        loudness,
        mid or None,
        rid or None,
        repaired or None,
        dependency_at,
        dependency_end,
    )
