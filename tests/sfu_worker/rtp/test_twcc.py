import time

from hypothesis import given, settings
from hypothesis import strategies as st

from sfu_worker.rtp import rtcp
from sfu_worker.rtp.twcc import MAX_LATE_MESSAGES, MAX_LOGGED, ArrivalLog


def reports(log: ArrivalLog) -> list[rtcp.TransportFeedback]:
    parsed: list[rtcp.TransportFeedback] = []
    for data in log.feedback(1, 2):
        assert len(data) <= 1200
        (feedback,) = rtcp.parse_compound(data)
        assert isinstance(feedback, rtcp.TransportFeedback)
        parsed.append(feedback)
    return parsed


def record(log: ArrivalLog, arrivals: list[tuple[int, int]]) -> None:
    for seq, at in arrivals:
        log.record(seq & 0xFFFF, at)


WRAP_US = (1 << 24) * 64000


def same_time(got: int | None, sent: int) -> bool:
    """Equal to 250 µs, modulo the wrap of the reference time."""
    return got is not None and (got - sent // 250 * 250) % WRAP_US == 0


@given(
    st.integers(0, 65535),
    st.integers(0, 2**45),
    st.lists(
        st.tuples(st.integers(1, 60), st.integers(-3000, 12_000_000)), min_size=1, max_size=900
    ),
)
@settings(max_examples=150, deadline=None)
def test_what_was_recorded_reads_back_with_the_gaps_as_losses(
    base: int, start: int, steps: list[tuple[int, int]]
) -> None:
    log, sent, number, at = ArrivalLog(), {}, base, start
    for step, pause in steps:
        sent[number] = at
        number, at = number + step, max(0, at + pause)
    record(log, list(sent.items()))
    counted, position = [], base
    for feedback in reports(log):
        assert feedback.base_seq == position & 0xFFFF
        counted.append(feedback.fb_count)
        for seq, got in feedback.received:
            assert seq == position & 0xFFFF
            assert same_time(got, sent[position]) if position in sent else got is None
            position += 1
    assert position == max(sent) + 1
    assert counted == [i & 0xFF for i in range(len(counted))]
    assert log.feedback(1, 2) == []


@given(
    st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 2**40)), max_size=400),
    st.integers(0, 400),
)
@settings(max_examples=150, deadline=None)
def test_any_numbers_in_any_order_give_bounded_readable_feedback(
    arrivals: list[tuple[int, int]], cut: int
) -> None:
    log = ArrivalLog()
    known = {seq for seq, _ in arrivals}
    for part in (arrivals[:cut], arrivals[cut:]):
        record(log, part)
        for feedback in reports(log):
            assert {seq for seq, at in feedback.received if at is not None} <= known


def test_the_bytes_are_those_of_the_draft() -> None:
    log = ArrivalLog()
    record(log, [(65535, 64_000), (0, 64_250), (2, 164_250), (3, 164_000)])
    (data,) = log.feedback(0x01020304, 0x05060708)
    expected = [
        "afcd0006",  # padding bit, FMT 15, RTPFB, 7 words in all
        "01020304",
        "05060708",
        "ffff0005",  # base sequence number, 5 packets
        "00000100",  # reference time 1 (64 ms), feedback packet 0
        "d460",  # two-bit vector: small, small, lost, large, large
        "00010190ffff",  # 0 and 250 µs, 100 ms, -250 µs
    ]
    body = bytes.fromhex("".join(expected))
    padding = -len(body) % 4
    assert data == body + bytes(padding - 1) + bytes([padding]) if padding else body


def test_the_next_report_begins_where_the_last_one_ended() -> None:
    log = ArrivalLog()
    record(log, [(10, 0), (11, 1000)])
    reports(log)
    record(log, [(14, 5000)])
    (feedback,) = reports(log)
    assert feedback.received == [(12, None), (13, None), (14, 5000)]


def test_reordered_packets_are_reported_in_order_and_duplicates_once() -> None:
    log = ArrivalLog()
    record(log, [(5, 1000), (7, 2000), (6, 3000), (7, 9000)])
    (feedback,) = reports(log)
    assert feedback.received == [(5, 1000), (6, 3000), (7, 2000)]


def test_late_packets_are_reported_without_calling_their_neighbours_lost() -> None:
    log = ArrivalLog()
    record(log, [(100, 0), (104, 1000)])
    reports(log)
    record(log, [(101, 2000), (103, 2250), (105, 2500)])
    assert [feedback.received for feedback in reports(log)] == [
        [(101, 2000)],
        [(103, 2250)],
        [(105, 2500)],
    ]
    record(log, [(seq, 3000) for seq in range(0, 98, 2)])
    assert len(reports(log)) == MAX_LATE_MESSAGES


def test_a_long_outage_is_not_reported_packet_by_packet() -> None:
    log = ArrivalLog()
    record(log, [(1, 0)])
    reports(log)
    record(log, [(20001, 1000)])
    assert [feedback.received for feedback in reports(log)] == [[(20001, 1000)]]


def test_a_flood_between_two_reports_is_bounded() -> None:
    log = ArrivalLog()
    for i in range(100_000):
        log.record(i & 0xFFFF, i * 10)
    started = time.process_time()
    assert sum(len(feedback.received) for feedback in reports(log)) == MAX_LOGGED
    assert time.process_time() - started < 1
