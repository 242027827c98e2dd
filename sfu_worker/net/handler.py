"""What a transport tells its owner."""

from __future__ import annotations

from typing import Protocol


class TransportHandler(Protocol):
    """The owner of a transport. If a method raises, that costs the packet and is logged."""

    def on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None:
        """A decrypted RTP packet, ``view[start:end]``; ``now`` is in monotonic seconds.

        The view is valid until ``MediaPort.on_batch_end``.
        """

    def on_rtcp(self, data: bytes, now: float) -> None:
        """A decrypted compound RTCP packet."""

    def on_connected(self) -> None:
        """Media can flow."""

    def on_closed(self, why: str) -> None:
        """The transport has ended; called once, and not after ``close``.

        ``why`` is ``dtls`` (the handshake failed, or the peer closed) or ``timeout``.
        """


class _Nobody:
    """The handler of a transport that is closed."""

    def on_rtp(self, view: memoryview, start: int, end: int, now: float) -> None: ...

    def on_rtcp(self, data: bytes, now: float) -> None: ...

    def on_connected(self) -> None: ...

    def on_closed(self, why: str) -> None: ...


NOBODY = _Nobody()
