"""Traces: what is written is read again, and what a recording worker hears of feedback."""

from __future__ import annotations

from pathlib import Path

from bench.recording import RecordingEstimator, transport_feedback
from bench.shaping import Conditions, Step
from bench.traces import START, Event, Trace, read, replay, write
from sfu_worker.bwe.estimator import BandwidthEstimator
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.twcc import ArrivalLog


def feedback(first: int, count: int) -> bytes:
    """Feedback about packets that came a millisecond apart."""
    log = ArrivalLog()
    for seq in range(first, first + count):
        log.record(seq & 0xFFFF, 1_000_000 + 1000 * seq)
    (data,) = log.feedback(1, 2)
    return data


def test_a_trace_is_read_as_it_was_written(tmp_path: Path) -> None:
    events = [
        Event("p", 0.1, (900_000, 3)),
        Event("s", 0.100001, (65535, 1200, 3)),
        Event("t", 0.15),
        Event("f", 0.2, (feedback(65535, 1), 300_000)),
        Event("r", 0.2, (12, -1)),
        Event("b", 0.3, (2_000_000,)),
        Event("l", 0.5, (1244, 1)),
    ]
    steps = [Step(0.0, Conditions(rate=1e6)), Step(2.0, Conditions(loss=0.1))]
    trace = Trace("some", "a client", 5.0, steps, [Step(0.0, Conditions(loss=0.3))], events)
    write(tmp_path / "some.csv.gz", trace)
    assert read(tmp_path / "some.csv.gz") == trace


def test_feedback_is_found_among_other_reports() -> None:
    first, second = feedback(10, 3), feedback(65530, 20)
    compound = rtcp.build_rr(1, ()) + first + rtcp.build_pli(1, 2) + second
    assert transport_feedback(compound) == [first, second]
    assert transport_feedback(b"\x8f") == []


def test_an_estimator_that_is_told_again_says_the_same() -> None:
    recorded, said = RecordingEstimator(), []
    for seq in range(1000):
        now = START + 1 + seq / 500
        if seq % 13 == 0:
            recorded.probe_due(now, 9_000_000)
        probe = int(seq % 100 == 7)
        recorded.history.sent(seq, 1000, now, probe)
        if probe:
            recorded.history.sent(seq + 1, 400, now, probe)
        if seq % 50 == 49:
            data = feedback(seq - 49, 50)
            recorded.coming.append(data)
            (packet,) = rtcp.parse_compound(data)
            assert isinstance(packet, rtcp.TransportFeedback)
            recorded.feedback(packet, now + 0.01)
            recorded.report(0, 0.05, now + 0.01)
            recorded.tick(now + 0.02)
    events = [Event(kind, at - START, values) for kind, at, values in recorded.events]
    again = BandwidthEstimator()
    replay(
        Trace("some", "", 4.0, [], [], events),
        again,
        lambda e: said.append(again.estimate) if e.kind == "f" else None,
    )
    assert said == [values[1] for kind, _, values in recorded.events if kind == "f"]
    assert said[-1] > said[0]
