"""The clock of sender reports."""

from __future__ import annotations

import time

from sfu_worker.rtp.media_clock import NTP_EPOCH, SENDER_CLOCK_JUMP, SenderClock, SourceReport, ntp

SECOND = 1 << 32


def test_ntp_time_is_that_of_the_wall_clock_and_goes_on_with_the_monotonic_one() -> None:
    now = time.monotonic()
    assert abs(ntp(now) / SECOND - NTP_EPOCH - time.time()) < 1
    assert abs(ntp(now + 1) - ntp(now) - SECOND) < SECOND / 1000


def test_the_first_report_sets_the_offset_and_jitter_does_not_change_it() -> None:
    clock = SenderClock()
    assert clock.offset is None
    report = clock.report(ntp(10.0) - 5 * SECOND, 9000, 10.0)
    assert report == SourceReport(ntp(10.0) - 5 * SECOND, 9000, ntp(10.0), 5 * SECOND)
    offset = clock.offset
    assert offset == 5 * SECOND
    clock.report(ntp(11.0) - 5 * SECOND + SENDER_CLOCK_JUMP // 2, 0, 11.0)
    assert clock.offset == offset


def test_a_clock_that_was_set_is_measured_anew() -> None:
    clock = SenderClock()
    clock.report(ntp(10.0), 0, 10.0)
    clock.report(ntp(11.0) - 3 * SECOND, 0, 11.0)
    assert clock.offset == 3 * SECOND
