from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.up.reception import ReceptionStats


def fed(seqs: list[int]) -> ReceptionStats:
    stats = ReceptionStats(7, 90000)
    for seq in seqs:
        stats.arrival(seq & 0xFFFF, seq * 3000, seq / 30)
    return stats


def test_an_even_stream_has_no_loss_and_no_jitter() -> None:
    stats = fed(list(range(65500, 65600)))
    assert (stats.expected, stats.lost, stats.highest, stats.jitter) == (100, 0, 65599, 0)


def test_the_fraction_lost_is_that_since_the_report_before() -> None:
    stats = fed([0, 1, 2, 3])
    assert stats.report().fraction_lost == 0
    for seq in (4, 7):
        stats.arrival(seq, seq * 3000, seq / 30)
    report = stats.report(lsr=5, dlsr=6)
    assert (
        report.ssrc,
        report.fraction_lost,
        report.lost,
        report.highest_seq,
        report.lsr,
        report.dlsr,
    ) == (7, 128, 2, 7, 5, 6)
    assert stats.report().fraction_lost == 0


def test_duplicates_make_the_loss_negative_and_the_fraction_zero() -> None:
    report = fed([0, 1, 1, 1]).report()
    assert (report.lost, report.fraction_lost) == (-2, 0)


def test_a_leap_starts_the_counting_anew() -> None:
    stats = fed([0, 1, 30000, 30001])
    assert (stats.expected, stats.lost) == (2, 0)


def test_nothing_received_yet_is_nothing_expected() -> None:
    assert ReceptionStats(7, 90000).expected == 0


@given(
    st.integers(0, 65535),
    st.lists(
        st.tuples(st.integers(-3, 3), st.integers(0, 20000), st.integers(-5000, 5000)), max_size=100
    ),
)
def test_jitter_and_loss_are_those_of_the_formulas(
    base: int, steps: list[tuple[int, int, int]]
) -> None:
    stats, number, clock, jitter = ReceptionStats(7, 1000), base, 10**6, 0.0
    transits: list[int] = []
    numbers: list[int] = []
    for step, pause, wobble in [(0, 0, 0), *steps]:
        number, clock = max(base, number + step), clock + pause
        numbers.append(number)
        transits.append(-wobble)
        stats.arrival(number & 0xFFFF, (clock + wobble) & 0xFFFFFFFF, clock / 1000)
        if len(transits) > 1:
            jitter += (abs(transits[-1] - transits[-2]) - jitter) / 16
    assert stats.expected == max(numbers) - base + 1
    assert stats.lost == stats.expected - len(numbers)
    assert stats.highest == max(numbers)
    # Seconds as floats are good for one unit of the clock.
    assert abs(stats.jitter - jitter) <= 2
