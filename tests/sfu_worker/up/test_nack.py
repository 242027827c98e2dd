import random

from hypothesis import given, settings
from hypothesis import strategies as st

from sfu_worker.up.nack import MAX_OUTSTANDING, MAX_REQUESTS, WINDOW, NackLog


def log_of(*seqs: int) -> NackLog:
    log = NackLog()
    for seq in seqs:
        log.received(seq)
    return log


def asked(log: NackLog, since: float, until: float, rtt: float = 0.0) -> list[tuple[int, int]]:
    """(milliseconds, sequence number) of all requests, with a timer of 10 ms."""
    found = []
    for ms in range(round(since * 1000), round(until * 1000), 10):
        found += [(ms, seq) for seq in log.missing(ms / 1000, rtt)]
    return found


def test_new_packets_are_new_and_duplicates_are_not() -> None:
    log = NackLog()
    assert [log.received(seq) for seq in (5, 6, 6, 8, 7, 7, 8, 5)] == [
        True,
        True,
        False,
        True,
        True,
        False,
        False,
        False,
    ]


@given(st.lists(st.integers(-30, 60), max_size=40), st.integers(-40, 80), st.integers(0, 0xFFFF))
def test_what_is_lacking_is_what_would_be_new(steps: list[int], asked_for: int, start: int) -> None:
    log = log_of(start, *((start + step) & 0xFFFF for step in steps))
    seq = (start + asked_for) & 0xFFFF
    assert log.lacks(seq) == log.received(seq)
    assert not log.lacks(seq)


def test_nothing_is_lacking_before_the_first_packet() -> None:
    assert not NackLog().lacks(7)


def test_numbering_wraps_around() -> None:
    log = log_of(65534, 65535, 0, 2)
    assert log.highest == 65536 + 2
    log.missing(0.0, 0.0)
    assert log.missing(0.010, 0.0) == [1]
    assert log.received(1)
    assert not log.received(65535)


def test_packets_from_before_the_first_one_are_taken_once() -> None:
    log = log_of(1000)
    assert log.received(999)
    assert not log.received(999)
    assert log.missing(0.0, 0.0) == []


def test_a_packet_that_is_merely_reordered_is_not_asked_for() -> None:
    log = log_of(1, 3)
    assert log.missing(1.000, 0.0) == []
    log.received(2)
    assert asked(log, 1.010, 3) == []


def test_a_missing_packet_is_asked_for_once_per_round_trip_and_a_half() -> None:
    log = log_of(1, 4)
    times = asked(log, 0, 0.5, rtt=0.09)
    assert (
        [ms for ms, seq in times if seq == 2]
        == [ms for ms, seq in times if seq == 3]
        == [10, 150, 290, 430]
    )


def test_requests_end_after_ten_and_a_key_frame_is_wanted() -> None:
    log = log_of(1, 3)
    assert len(asked(log, 0, 3)) == MAX_REQUESTS
    assert log.outstanding == 0
    assert log.take_keyframe_request()
    assert not log.take_keyframe_request()


def test_a_packet_is_given_up_after_a_second() -> None:
    log = log_of(1, 3)
    assert [ms for ms, _ in asked(log, 0, 3, rtt=0.39)] == [10, 600]
    assert log.take_keyframe_request()


def test_a_repaired_packet_is_asked_for_no_more() -> None:
    log = log_of(1, 3)
    asked(log, 0, 0.020)
    assert log.received(2)
    assert asked(log, 0.020, 2) == []
    assert not log.take_keyframe_request()


def test_an_outage_is_answered_with_a_key_frame_alone() -> None:
    log = log_of(1, 3, 5 + MAX_OUTSTANDING)
    assert log.outstanding == 0
    assert asked(log, 0, 2) == []
    assert log.take_keyframe_request()


def test_packets_far_behind_are_too_old() -> None:
    log = log_of(5000, 5000 + 200)
    for seq in range(5201, 5000 + WINDOW + 1):
        log.received(seq)
    assert not log.received(5000 - 1)
    assert log.received(5002)
    assert not log.received(5002)


@given(st.integers(0, 65535), st.integers(0, 10**6), st.floats(0, 0.2))
@settings(max_examples=60, deadline=None)
def test_every_lost_packet_is_asked_for_and_each_is_new_once(
    base: int, seed: int, loss: float
) -> None:
    rng, log, lost, now = random.Random(seed), NackLog(), set(), 0.0
    wanted: set[int] = set()
    for i in range(1500):
        seq, now = (base + i) & 0xFFFF, now + 0.002
        if i and rng.random() < loss:
            lost.add(seq)
        else:
            assert log.received(seq)
        if i % 5 == 0:
            again = log.missing(now, 0.02)
            assert len(again) <= MAX_OUTSTANDING
            wanted.update(again)
            for back in again:
                if rng.random() < 0.7:
                    assert log.received(back)
                    assert not log.received(back)
    for _ in range(5):
        log.received((base + 1500) & 0xFFFF)
        now += 0.02
        wanted.update(log.missing(now, 0.02))
    assert wanted == lost


@given(st.lists(st.integers(0, 65535), max_size=300))
def test_any_numbers_are_taken(seqs: list[int]) -> None:
    log = NackLog()
    for i, seq in enumerate(seqs):
        log.received(seq)
        assert not log.received(seq)
        assert len(log.missing(i * 0.02, 0.0)) <= MAX_OUTSTANDING
        assert log.outstanding <= MAX_OUTSTANDING
