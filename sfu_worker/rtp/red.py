"""Redundant audio data (RFC 2198): a packet that repeats earlier payloads beside its own. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

# 14 bits: the greatest age of a block, in RTP time. 341 ms at 48 kHz.
MAX_OFFSET = 0x3FFF

# 10 bits: the most octets in a block.
MAX_LENGTH = 0x3FF

# The most that libwebrtc reads. More is an attack.
MAX_BLOCKS = 32

# Octets in the header of a redundant block. The primary's header is one octet.
HEADER_SIZE = 4

_HEADER = Struct("!I")

# (payload type, age in RTP time, start, end)
Block = tuple[int, int, int, int]

# (age in RTP time, payload)
Repeated = tuple[int, bytes]


def parse(data: bytes | memoryview, start: int, end: int) -> list[Block]:
    """The blocks of the RED payload ``data[start:end]``, in order.

    Usually the oldest is first. The last is the primary.

    Raises ValueError if it is cut off, has no primary or has more than ``MAX_BLOCKS``.
    """
    if not 0 <= start < end <= len(data):
        raise ValueError("RED: the payload is empty")
    headers: list[tuple[int, int, int]] = []
    at = start
    while data[at] & 0x80:
        # The primary's header must follow.
        if end - at <= HEADER_SIZE or len(headers) == MAX_BLOCKS:
            raise ValueError("RED: the block headers do not end")
        word = data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
        headers.append((data[at] & 0x7F, word >> 10, word & MAX_LENGTH))
        at += HEADER_SIZE
    primary = data[at]
    at += 1
    blocks: list[Block] = []
    for payload_type, offset, length in headers:
        blocks.append((payload_type, offset, at, at + length))
        at += length
    if at >= end:
        raise ValueError("RED: the blocks leave nothing for the primary")
    blocks.append((primary, 0, at, end))
    return blocks


def write(
    out: bytearray | memoryview,
    at: int,
    payload_type: int,
    repeated: Sequence[Repeated],
    primary: bytes | memoryview,
) -> int:
    """Write a RED payload, all of one payload type, at ``out[at]``. Returns its end.

    ``repeated`` is in sending order. The caller keeps within the limits of the format: checks per
    packet would cost too much.
    """
    for offset, payload in repeated:
        _HEADER.pack_into(out, at, 0x80000000 | payload_type << 24 | offset << 10 | len(payload))
        at += HEADER_SIZE
    out[at] = payload_type
    at += 1
    for _, payload in repeated:
        end = at + len(payload)
        out[at:end] = payload
        at = end
    end = at + len(primary)
    out[at:end] = primary
    return end


def build(payload_type: int, repeated: Sequence[Repeated], primary: bytes) -> bytes:
    """A RED payload. Raises ValueError if the format cannot hold it."""
    if not 0 <= payload_type < 128 or not primary or len(repeated) > MAX_BLOCKS:
        raise ValueError("RED: no such payload")
    if any(
        not 0 <= offset <= MAX_OFFSET or len(payload) > MAX_LENGTH for offset, payload in repeated
    ):
        raise ValueError("RED: a block is too old or too long")
    out = bytearray(1 + len(primary) + sum(HEADER_SIZE + len(payload) for _, payload in repeated))
    write(out, 0, payload_type, repeated, primary)
    return bytes(out)
