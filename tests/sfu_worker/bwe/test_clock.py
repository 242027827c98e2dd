from sfu_worker.bwe.clock import CLOCK_JUMP, WRAP, ReceiverClock
from sfu_worker.bwe.history import TICKS_PER_SECOND

WRAP_TICKS = round(WRAP * TICKS_PER_SECOND)


def test_the_first_arrival_sets_the_time_line() -> None:
    clock = ReceiverClock()
    assert clock.offset(123_456_789) == 0.0
    assert not clock.jumped(123_456_789 / TICKS_PER_SECOND, 5.0)


def test_arrivals_continue_across_the_wrap_of_the_reference_time() -> None:
    clock = ReceiverClock()
    clock.jumped(WRAP - 1.0, 10.0)
    assert clock.offset(WRAP_TICKS - 1) == 0.0
    assert clock.offset(1) == WRAP
    assert not clock.jumped(1 / TICKS_PER_SECOND + WRAP, 11.0)
    assert clock.offset(5) == WRAP


def test_a_message_from_before_the_wrap_belongs_to_the_time_before() -> None:
    clock = ReceiverClock()
    clock.jumped(1.0, 10.0)
    assert clock.offset(WRAP_TICKS - 1) == -WRAP


def test_a_clock_that_keeps_time_does_not_jump() -> None:
    clock = ReceiverClock()
    clock.jumped(100.0, 10.0)
    assert not clock.jumped(101.0, 11.0)
    assert not clock.jumped(100.9, 11.05), "reordered"


def test_a_clock_that_was_set_jumps() -> None:
    for ahead in (CLOCK_JUMP + 1.1, -CLOCK_JUMP - 1.1):
        clock = ReceiverClock()
        clock.jumped(100.0, 10.0)
        assert clock.jumped(101.0 + ahead, 11.0)
        assert not clock.jumped(102.0 + ahead, 12.0), "only once"


def test_after_a_pause_more_is_allowed_for() -> None:
    clock = ReceiverClock()
    clock.jumped(100.0, 10.0)
    assert not clock.jumped(100.0 + 60 + CLOCK_JUMP + 59, 70.0)
