"""The length of the queue at the bottleneck, and its rate of service."""

from math import inf

import pytest

from sfu_worker.bwe.queue import QUEUE, RUN, QueueLevel

OFFSET = 5000.0
SIZE = 1000


class Path:
    """Packets of one size; each reaches the receiver after a delay, by a clock of its own."""

    def __init__(self) -> None:
        self.queue = QueueLevel()
        self.now = 10.0

    def message(self, delays: list[float], gap: float = 0.02, *, continuous: bool = True) -> None:
        sends = [self.now + n * gap for n in range(len(delays))]
        arrivals = [send + OFFSET + delay for send, delay in zip(sends, delays, strict=True)]
        self.now = sends[-1] + gap
        self.queue.add(sends, arrivals, [SIZE] * len(sends), continuous, self.now)


@pytest.fixture
def path() -> Path:
    path = Path()
    path.message([0.05] * 5)
    return path


def test_the_path_s_own_delay_is_no_queue(path: Path) -> None:
    assert path.queue.delay == pytest.approx(0.0)
    assert not path.queue.occupied


def test_nothing_is_known_before_the_first_packet() -> None:
    queue = QueueLevel()
    assert queue.above(1.0) == inf
    assert (queue.delay, queue.capacity) == (0.0, 0)


def test_how_far_a_delay_is_above_the_path_s_own(path: Path) -> None:
    assert path.queue.above(OFFSET + 0.08) == pytest.approx(0.03)
    assert path.queue.above(OFFSET + 0.04) == pytest.approx(-0.01)


@pytest.mark.parametrize(("queue", "occupied"), [(0.024, False), (0.026, True)])
def test_a_queue_is_longer_than_the_threshold(path: Path, queue: float, occupied: bool) -> None:
    path.message([0.05 + queue] * 3)
    assert path.queue.delay == pytest.approx(queue)
    assert path.queue.occupied is occupied


def test_one_late_packet_is_no_queue(path: Path) -> None:
    path.message([0.05, 0.05, 0.3])
    assert path.queue.delay == pytest.approx(0.0)
    path.message([0.3, 0.3])
    assert path.queue.delay == pytest.approx(0.25), "the last three are late"


def test_jitter_raises_the_threshold(path: Path) -> None:
    for _ in range(40):
        path.message([0.05, 0.07, 0.05, 0.07, 0.07])
    assert path.queue.jitter == pytest.approx(0.02, abs=0.001)
    assert path.queue.threshold == pytest.approx(QUEUE.queued + path.queue.jitter)


def test_a_queue_is_not_taken_for_jitter(path: Path) -> None:
    threshold = path.queue.threshold
    for _ in range(40):
        path.message([0.15, 0.2, 0.15, 0.2, 0.2])
    assert path.queue.threshold == threshold


def test_the_path_s_own_delay_is_forgotten_after_the_window(path: Path) -> None:
    before = path.now
    while path.now < before + QUEUE.base_window - 0.5:
        path.message([0.15] * 10)
        assert path.queue.delay == pytest.approx(0.1)
    while path.now < before + QUEUE.base_window + 2.0:
        path.message([0.15] * 10)
    assert path.queue.delay == pytest.approx(0.0)


def busy(path: Path, packets: int, gap: float, served: float) -> None:
    """Packets sent each ``gap`` s and served each ``served`` s, behind a queue of 100 ms."""
    path.message([0.15 + n * (served - gap) for n in range(packets)], gap)


def test_a_busy_queue_shows_its_rate_of_service(path: Path) -> None:
    busy(path, 20, gap=0.002, served=0.016)
    assert path.queue.capacity == pytest.approx(8 * SIZE / 0.016, rel=0.01)
    assert path.queue.offered == pytest.approx(8 * SIZE / 0.002, rel=0.01)


def test_what_comes_through_as_fast_as_it_was_sent_was_not_held_up(path: Path) -> None:
    busy(path, 20, gap=0.016, served=0.016)
    assert path.queue.capacity == pytest.approx(path.queue.offered, rel=0.01)


@pytest.mark.parametrize(
    ("packets", "served"), [(RUN.packets - 1, 0.02), (RUN.packets + 1, RUN.least / 10)]
)
def test_few_packets_or_little_time_name_no_rate(path: Path, packets: int, served: float) -> None:
    busy(path, packets, gap=0.001, served=served)
    assert path.queue.capacity == 0


def test_a_packet_that_met_no_queue_ends_the_run(path: Path) -> None:
    busy(path, 20, gap=0.002, served=0.016)
    path.message([0.05])
    assert path.queue.capacity == 0


def test_a_run_does_not_cross_a_missing_message(path: Path) -> None:
    busy(path, 20, gap=0.002, served=0.016)
    path.message([0.4] * 2, continuous=False)
    assert path.queue.capacity == 0, "two packets only"


def test_the_rate_of_service_is_that_of_the_last_half_second(path: Path) -> None:
    busy(path, 60, gap=0.004, served=0.016)
    path.message([1.0 + n * 0.004 for n in range(60)], 0.004)
    assert path.queue.capacity == pytest.approx(8 * SIZE / 0.008, rel=0.05)


def test_a_reset_forgets_everything(path: Path) -> None:
    busy(path, 20, gap=0.002, served=0.016)
    path.queue.reset()
    assert (path.queue.delay, path.queue.capacity, path.queue.above(1.0)) == (0.0, 0, inf)
