"""The handler of a closed transport."""

from __future__ import annotations

from sfu_worker.net.handler import NOBODY, TransportHandler


def test_a_closed_transport_may_still_be_told_anything() -> None:
    handler: TransportHandler = NOBODY
    told = {name for name in vars(TransportHandler) if name.startswith("on_")}
    assert told == {"on_rtp", "on_rtcp", "on_connected", "on_closed"}
    handler.on_rtp(memoryview(b"rtp"), 0, 3, 1.0)
    handler.on_rtcp(b"rtcp", 1.0)
    handler.on_connected()
    handler.on_closed("timeout")
