"""The y-protocols messages: sync (0) and awareness (1), as bytes. Pure.

Format: https://github.com/yjs/y-protocols/blob/master/PROTOCOL.md. Integers are LEB128 varints.
Byte arrays and strings are preceded by their length. A message of our own (64) tells a browser what
it may do and who wrote what.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

SYNC, AWARENESS, TOLD = 0, 1, 64
STEP1, STEP2, UPDATE = 0, 1, 2

# A name, a colour and a cursor take far less than 1 KiB.
MAX_AWARENESS_BYTES = 16 * 1024


class ProtocolError(ValueError):
    """Not a y-protocols message."""


@dataclass(frozen=True, slots=True)
class Sync:
    """``step`` is STEP1 (payload: a state vector), STEP2 or UPDATE (payload: an update)."""

    step: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Presence:
    """What a client says about itself: name and cursor as JSON, ``null`` when it leaves."""

    client: int
    clock: int
    state: bytes


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and the offset after it, up to 53 bits as in Yjs. Raises ProtocolError."""
    value = shift = 0
    while at < len(data) and shift < 56:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ProtocolError("a number has no end")


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(128 | (value & 127))
        value >>= 7
    out.append(value)
    return bytes(out)


def read_array(data: bytes, at: int) -> tuple[bytes, int]:
    """A byte array and the offset after it."""
    size, at = read_varint(data, at)
    if size > len(data) - at:
        raise ProtocolError("a byte array is cut off")
    return data[at : at + size], at + size


def array(data: bytes) -> bytes:
    return varint(len(data)) + data


def decode(data: bytes) -> Sync | list[Presence] | None:
    """One message; None for an unknown kind, which the protocol allows. Raises ProtocolError."""
    kind, at = read_varint(data, 0)
    if kind == SYNC:
        step, at = read_varint(data, at)
        payload, at = read_array(data, at)
        if step not in (STEP1, STEP2, UPDATE) or at != len(data):
            raise ProtocolError("not a sync message")
        return Sync(step, payload)
    if kind == AWARENESS:
        payload, at = read_array(data, at)
        if at != len(data) or len(payload) > MAX_AWARENESS_BYTES:
            raise ProtocolError("not an awareness message")
        return _presences(payload)
    return None


def _presences(data: bytes) -> list[Presence]:
    count, at = read_varint(data, 0)
    found = []
    for _ in range(count):
        client, at = read_varint(data, at)
        clock, at = read_varint(data, at)
        state, at = read_array(data, at)
        found.append(Presence(client, clock, state))
    return found


def sync(step: int, payload: bytes) -> bytes:
    return bytes([SYNC, step]) + array(payload)


def presence(what: Presence) -> bytes:
    """An awareness message about one client."""
    return bytes([AWARENESS]) + array(
        varint(1) + varint(what.client) + varint(what.clock) + array(what.state)
    )


def told(body: dict[str, Any]) -> bytes:
    """Our own message, which other clients ignore."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return bytes([TOLD]) + array(text.encode())
