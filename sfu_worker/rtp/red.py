"""Redundant audio data (RFC 2198): a packet that repeats earlier payloads beside its own. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

MAX_OFFSET = 0x3FFF
"14 bits: how far back, in RTP time, a block may lie; 341 ms at 48 kHz."

MAX_LENGTH = 0x3FF
"10 bits: octets of a block."

MAX_BLOCKS = 32
"As many as libwebrtc reads; more is an attack."

HEADER_SIZE = 4
"Octets of the header of a redundant block; the primary's is one octet."

_HEADER = Struct("!I")

Block = tuple[int, int, int, int]
"(payload type, how much earlier in RTP time, where it begins, where it ends)"

Repeated = tuple[int, bytes]
"(how much earlier in RTP time, payload)"


def parse(data: bytes | memoryview, start: int, end: int) -> list[Block]:
    """The blocks of the RED payload ``data[start:end]`` in their order, oldest first as a rule; the last is the primary.

    Raises ValueError for what is cut off, has no primary or has more than ``MAX_BLOCKS``.
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

    ``repeated`` is in the order of sending, within the limits of this format: per packet nothing is checked here.
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
    """A RED payload. Raises ValueError for what the format cannot hold."""
    if not 0 <= payload_type < 128 or not primary or len(repeated) > MAX_BLOCKS:
        raise ValueError("RED: no such payload")
    if any(
        not 0 <= offset <= MAX_OFFSET or len(payload) > MAX_LENGTH for offset, payload in repeated
    ):
        raise ValueError("RED: a block is too old or too long")
    out = bytearray(1 + len(primary) + sum(HEADER_SIZE + len(payload) for _, payload in repeated))
    write(out, 0, payload_type, repeated, primary)
    return bytes(out)
