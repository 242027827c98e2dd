"""The packets of one incoming stream that its receivers may ask for again."""

from __future__ import annotations


class PacketCache:
    """A ring of the latest payloads by sequence number. ``size`` is a power of two."""

    __slots__ = ("_entries", "_mask")

    def __init__(self, size: int) -> None:
        if size & (size - 1):
            raise ValueError("size must be a power of two")
        self._mask = size - 1
        self._entries: list[tuple[int, int, int, bytes] | None] = [None] * size

    def put(self, seq: int, timestamp: int, marker: int, payload: bytes) -> None:
        """Keep a packet's RTP timestamp, marker (0 or 0x80) and payload."""
        self._entries[seq & self._mask] = (seq, timestamp, marker, payload)

    def get(self, seq: int) -> tuple[int, int, bytes] | None:
        """``(timestamp, marker, payload)``, or None when the packet is no longer there."""
        entry = self._entries[seq & self._mask]
        if entry is None or entry[0] != seq:
            return None
        return entry[1], entry[2], entry[3]
