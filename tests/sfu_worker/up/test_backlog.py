"""Sound that is held back, and what of it is sent when somebody begins to speak."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sfu_worker.rtp.media_clock import SourceReport
from sfu_worker.up.backlog import BACKLOG_PACKETS, BACKLOG_SECONDS
from tests.sfu_worker.builders.sound import FRAME, Microphone, speaking


# 32768 and 65536 packets are where numbers go round: silences of 11 and of 22 minutes.
@pytest.mark.parametrize("silence", [1, 3, 8, 9, 500, 32_760, 32_780, 65_536, 65_540, 100_000])
def test_numbers_close_up_over_a_silence_and_time_runs_on(silence: int) -> None:
    microphone = speaking()
    microphone.layer.shut()
    microphone.send(silence)
    assert len(microphone.sent) == 10
    microphone.layer.open()
    microphone.send(5)
    kept = min(silence, int(BACKLOG_SECONDS * 50))
    assert microphone.numbers == [*range(10), *range(10 + silence - kept, 15 + silence)]
    assert microphone.in_order()
    assert microphone.true_times()
    assert [s.marker for s in microphone.sent] == [i == 10 for i in range(15 + kept)]


def test_no_more_packets_come_first_than_a_burst_may_be_long() -> None:
    microphone = speaking()
    microphone.layer.shut()
    microphone.count = 10 * FRAME // 120
    microphone.send(200, frame=120)
    microphone.layer.open()
    microphone.send(1, frame=120)
    assert len(microphone.sent) == 10 + BACKLOG_PACKETS


def test_of_a_sender_that_is_silent_by_itself_only_the_packet_in_hand_is_sent() -> None:
    microphone = speaking()
    microphone.layer.shut()
    for i in range(5):
        microphone.give(10 + i, (10 + 20 * i) * FRAME)
    microphone.layer.open()
    microphone.give(15, 110 * FRAME)
    assert microphone.numbers == [*range(10), 15]
    assert microphone.in_order()


def test_a_packet_that_was_lost_on_the_way_here_leaves_its_hole() -> None:
    microphone = speaking()
    microphone.layer.shut()
    microphone.send(20)
    microphone.count += 1
    microphone.send(3)
    microphone.layer.open()
    microphone.send(2)
    assert microphone.numbers[10:] == [27, 28, 29, 31, 32, 33, 34, 35]
    assert [(b.seq - a.seq) & 0xFFFF for a, b in pairwise(microphone.sent[9:])] == [
        1,
        1,
        1,
        2,
        1,
        1,
        1,
        1,
    ]
    # It was only late: its place is still there.
    microphone.give(30, 30 * FRAME)
    late = microphone.sent[-1]
    assert (late.seq - microphone.sent[12].seq) & 0xFFFF == 1


def test_what_is_late_from_before_or_within_the_silence_takes_nobodys_number() -> None:
    microphone = speaking()
    microphone.count += 1
    microphone.send(1)
    microphone.layer.shut()
    microphone.give(10, 10 * FRAME)
    microphone.send(50)
    microphone.layer.open()
    microphone.send(3)
    count = len(microphone.sent)
    microphone.give(20, 20 * FRAME)
    assert len(microphone.sent) == count
    assert len({s.seq for s in microphone.sent}) == count


def test_the_loud_packet_may_have_overtaken_another() -> None:
    microphone = speaking()
    microphone.layer.shut()
    microphone.send(20)
    microphone.give(31, 31 * FRAME)
    microphone.layer.open()
    microphone.give(30, 30 * FRAME)
    microphone.count = 32
    microphone.send(2)
    assert microphone.numbers[10:] == [*range(24, 34)]
    assert microphone.in_order()


def test_who_opens_before_the_next_packet_and_shuts_again_has_sent_nothing() -> None:
    microphone = speaking()
    microphone.layer.shut()
    microphone.send(20)
    microphone.layer.open()
    microphone.layer.shut()
    microphone.send(20)
    assert len(microphone.sent) == 10


def test_what_came_while_a_host_held_the_track_is_no_backlog() -> None:
    microphone = speaking()
    microphone.layer.shut()
    microphone.source.track.hold(True, 1.2)
    microphone.send(20)
    microphone.source.track.hold(False, 1.6)
    microphone.layer.open()
    microphone.send(2)
    assert microphone.numbers[10:] == [30, 31]


def test_a_slot_that_goes_over_to_a_voice_begins_with_its_backlog_at_the_time_when_that_came() -> (
    None
):
    before, microphone = speaking(), Microphone(seq=7000)
    output, before.wire.sent[:-1] = before.output, []
    microphone.wire = before.wire
    microphone.layer.shut()
    output.unbind(1.2)
    output.aim(microphone.layer, 1.2)
    microphone.send(60)
    assert len(microphone.sent) == 1
    microphone.layer.open()
    microphone.send(2)
    assert microphone.numbers == [9, *range(53, 62)]
    assert microphone.in_order()
    last, first = microphone.sent[:2]
    assert abs((first.timestamp - last.timestamp) - (53 - 9) * FRAME) <= 1
    del microphone.wire.sent[0]
    assert microphone.true_times()


def test_a_voice_may_take_the_slot_of_one_whose_packet_is_in_the_same_batch() -> None:
    before, microphone = speaking(), Microphone()
    output, microphone.wire = before.output, before.wire
    before.give(10, 10 * FRAME, ends_batch=False)
    output.stop(1.2)
    output.aim(microphone.layer, 1.2)
    microphone.send(1)
    assert microphone.numbers == [*range(11), 0]
    assert microphone.in_order()


def test_reports_count_what_was_sent_and_not_what_was_held_back() -> None:
    microphone = speaking()
    microphone.layer.shut()
    microphone.send(100)
    microphone.layer.open()
    microphone.send(1)
    microphone.layer.sender_report = SourceReport(1 << 32, 0, 0, 0)
    report = microphone.output.sender_report(2 << 32)
    assert report is not None
    assert int.from_bytes(report[20:24], "big") == len(microphone.sent)
    assert int.from_bytes(report[24:28], "big") == 4 * len(microphone.sent)
