import pytest

from sfu_worker.bwe.acked import AckedRate

# Frames of a camera, at 30 frames a second, that one message reports.
FRAMES = 3
PACKETS, SIZE = 5, 1000


def message(number: int) -> tuple[list[float], list[int], float]:
    """Arrivals, sizes and newest arrival of a message. The link spreads each frame over 4 ms."""
    begin = 50 + number * FRAMES / 30
    arrivals = [begin + frame / 30 + n * 0.001 for frame in range(FRAMES) for n in range(PACKETS)]
    return arrivals, [SIZE] * len(arrivals), arrivals[-1]


@pytest.mark.parametrize(
    "lost", [0, 2, 3], ids=["none is lost", "each second is lost", "each third is lost"]
)
def test_lost_messages_do_not_change_the_rate(lost: int) -> None:
    acked, continuous = AckedRate(), True
    for number in range(60):
        if lost and number % lost == 0:
            continuous = False
            continue
        arrivals, sizes, newest = message(number)
        acked.add(arrivals, sizes, newest, continuous)
        continuous = True
        if number > 10:
            assert acked.rate == pytest.approx(30 * PACKETS * SIZE * 8, rel=0.1)


def test_after_a_lost_message_the_first_packet_is_not_counted() -> None:
    acked = AckedRate()
    for number in range(1, 100, 2):
        arrivals = [number * 0.1 + n * 0.001 for n in range(100)]
        acked.add(arrivals, [SIZE] * 100, arrivals[-1], continuous=False)
    assert acked.rate == pytest.approx(1000 * SIZE * 8, rel=0.02)
