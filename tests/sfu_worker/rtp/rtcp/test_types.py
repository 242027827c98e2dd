"""Transport-wide feedback as a value."""

from __future__ import annotations

from sfu_worker.rtp.rtcp import TransportFeedback


def test_packets_are_numbered_across_the_wrap_and_arrive_in_microseconds() -> None:
    feedback = TransportFeedback(1, 2, 65534, 0, [4, None, 0, 5])
    assert feedback.received == [(65534, 1000), (65535, None), (0, 0), (1, 1250)]
