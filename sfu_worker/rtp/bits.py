"""Read numbers that do not end at a byte, in the headers of codecs and extensions."""

from __future__ import annotations


class BitReader:
    """Reads unsigned numbers, highest bit first. Raises ValueError at the end of the data."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def read(self, count: int) -> int:
        """The next ``count`` bits."""
        if count > self._left:
            raise ValueError("a header is cut off")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def zeros(self) -> int:
        """How many 0 bits come before the next 1, which is read too.

        Raises ValueError for more than 31.
        """
        count = 0
        while not self.read(1):
            count += 1
            if count > 31:
                raise ValueError("a number in a header is too long")
        return count
