"""Some queues count as overuse. They are set by hand; test_queue.py shows the measuring."""

from __future__ import annotations

import pytest

from sfu_worker.bwe.history import PacketHistory
from sfu_worker.bwe.measurements import Measurements
from sfu_worker.bwe.overuse import OVERUSE, OveruseDetector

RATE = 2_000_000


@pytest.fixture
def measured() -> Measurements:
    return Measurements(PacketHistory())


@pytest.fixture
def detector(measured: Measurements) -> OveruseDetector:
    return OveruseDetector(measured)


def frames(growth: float, count: int = 60) -> tuple[list[float], list[float]]:
    """Send times and arrivals of 30 packets a second, each ``growth`` s later than the last."""
    sends = [10.0 + n / 30 for n in range(count)]
    return sends, [send + 0.05 + n * growth for n, send in enumerate(sends)]


@pytest.mark.parametrize(("queue", "grows"), [(0.064, False), (0.066, True)])
def test_a_trend_counts_from_a_certain_queue(
    measured: Measurements, detector: OveruseDetector, queue: float, grows: bool
) -> None:
    measured.queue.delay = queue
    detector.add(*frames(0.005), 0, False)
    assert detector.grows is grows


def test_on_a_path_with_jitter_the_queue_must_be_longer(
    measured: Measurements, detector: OveruseDetector
) -> None:
    measured.queue.delay, measured.queue.jitter = OVERUSE.delay + 0.02, 0.03
    detector.add(*frames(0.005), 0, False)
    assert not detector.grows


def test_a_long_queue_that_does_not_grow_has_no_trend(
    measured: Measurements, detector: OveruseDetector
) -> None:
    measured.queue.delay = 0.1
    detector.add(*frames(0.0), 0, False)
    assert not detector.grows


def test_packets_from_before_the_queue_are_part_of_its_trend(
    measured: Measurements, detector: OveruseDetector
) -> None:
    sends, arrivals = frames(0.005)
    detector.add(sends[:50], arrivals[:50], 0, False)
    assert not detector.grows
    measured.queue.delay = 0.1
    detector.add(sends[50:], arrivals[50:], 0, False)
    assert detector.grows
    assert detector.trend_begins < sends[50]


def test_a_clock_that_was_set_ends_the_trend(
    measured: Measurements, detector: OveruseDetector
) -> None:
    measured.queue.delay = 0.1
    detector.add(*frames(0.005), 0, False)
    detector.add([13.0, 13.1], [500.0, 500.2], 0, True)
    assert not detector.grows


def test_a_queue_stands_after_a_while(measured: Measurements, detector: OveruseDetector) -> None:
    assert not detector.stands(-1.0, 10.0)
    measured.queue.delay = OVERUSE.standing_delay
    assert not detector.stands(-1.0, 9.99 + OVERUSE.standing_seconds)
    assert detector.stands(-1.0, 10.01 + OVERUSE.standing_seconds)


def test_a_decrease_gives_the_queue_time(measured: Measurements, detector: OveruseDetector) -> None:
    detector.stands(-1.0, 10.0)
    measured.queue.delay = OVERUSE.standing_delay
    assert not detector.stands(10.5, 10.6)
    assert detector.stands(10.5, 10.51 + OVERUSE.standing_seconds)


def test_a_shorter_queue_does_not_stand(measured: Measurements, detector: OveruseDetector) -> None:
    measured.queue.delay = OVERUSE.standing_delay - 0.001
    assert not detector.stands(-1.0, 20.0)
    measured.queue.delay, measured.queue.jitter = OVERUSE.standing_delay, 0.01
    assert not detector.stands(-1.0, 30.0)


def narrow(measured: Measurements, capacity: int) -> None:
    """We send and offer 1 Mbit/s to a queue that is served at ``capacity``."""
    measured.queue.delay = OVERUSE.fallen_delay
    measured.queue.capacity, measured.queue.offered = capacity, 1_000_000
    measured.sent.rate = 1_000_000


@pytest.mark.parametrize(("capacity", "fallen"), [(340_000, True), (360_000, False)])
def test_a_link_has_fallen_if_little_of_what_we_send_is_served(
    measured: Measurements, detector: OveruseDetector, capacity: int, fallen: bool
) -> None:
    narrow(measured, capacity)
    assert detector.fallen(RATE) is fallen


def test_without_a_measured_service_no_link_has_fallen(
    measured: Measurements, detector: OveruseDetector
) -> None:
    narrow(measured, 0)
    assert not detector.fallen(RATE)


def test_a_short_queue_is_no_fall(measured: Measurements, detector: OveruseDetector) -> None:
    narrow(measured, 100_000)
    measured.queue.delay -= 0.001
    assert not detector.fallen(RATE)


def test_a_capacity_above_the_estimate_is_no_fall(
    measured: Measurements, detector: OveruseDetector
) -> None:
    narrow(measured, 300_000)
    assert not detector.fallen(300_000)
    assert detector.fallen(300_001)


def test_packets_that_a_full_queue_dropped_count_as_offered(
    measured: Measurements, detector: OveruseDetector
) -> None:
    narrow(measured, 300_000)
    measured.queue.offered = 300_000
    detector.add([10.0], [10.1], 1, False)
    assert not detector.fallen(RATE)
    detector.add([10.1], [10.2], 2, False)
    assert detector.fallen(RATE), "more were lost than received"


@pytest.mark.parametrize(("capacity", "harmless"), [(940_000, False), (960_000, True)])
def test_a_queue_that_serves_all_that_we_send_is_harmless(
    measured: Measurements, detector: OveruseDetector, capacity: int, harmless: bool
) -> None:
    narrow(measured, capacity)
    assert detector.harmless is harmless
