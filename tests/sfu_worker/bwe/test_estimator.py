"""The estimator on simulated paths (see link.py), with recorded feedback, and with nonsense."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path as FilePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu_worker.bwe.estimator import BandwidthEstimator
from sfu_worker.bwe.history import RING
from sfu_worker.bwe.rate import MAX_RATE, MIN_RATE, START_RATE
from sfu_worker.rtp.rtcp.types import TransportFeedback
from tests.sfu_worker.link import Moment, Path, Reno, Sender, heard, run, steps

TRACE = FilePath(__file__).parents[2] / "data" / "bwe" / "step_down.json"
SOUND = 50_000
LAYERS = (400_000, 750_000, 5_000_000)
TEN = steps((0, 10e6))
DOWN_AND_UP = steps((0, 10e6), (10, 5e5), (20, 10e6))


def elastic(bwe: BandwidthEstimator) -> int:
    """An encoder that follows the target up to 6 Mbit/s."""
    return max(0, min(bwe.target - SOUND, 6_000_000))


class Layered:
    """A forwarded camera with the three layers of a simulcast, chosen from the estimate."""

    def __init__(self) -> None:
        self.rate = 0

    def __call__(self, bwe: BandwidthEstimator) -> int:
        fits = max((rate for rate in LAYERS if rate + SOUND <= bwe.estimate), default=0)
        up = max((rate for rate in LAYERS if 1.15 * rate + SOUND <= bwe.estimate), default=0)
        self.rate = fits if fits < self.rate or not self.rate else max(up, self.rate)
        return 0 if bwe.draining else self.rate


def flow(
    path: Path,
    seconds: float,
    layered: bool = False,
    wanted: int = 6_000_000,
    first_seq: int = 65000,
) -> Sender:
    sender = Sender(0, Layered() if layered else elastic, wanted, 1, first_seq)
    run(path, [sender], seconds)
    return sender


def between(sender: Sender, start: float, end: float) -> list[Moment]:
    return [moment for moment in sender.moments if start <= moment.at < end]


def mean(values: list[int]) -> float:
    return sum(values) / len(values)


PATHS = {
    "plain": Path(DOWN_AND_UP),
    "half a second of round trip": Path(DOWN_AND_UP, delay=0.25),
    "jitter": Path(DOWN_AND_UP, delay=0.1, jitter=0.03),
    "jitter with reordering": Path(DOWN_AND_UP, delay=0.1, jitter=0.03, reorder=True),
    "5 % loss": Path(DOWN_AND_UP, loss=0.05),
    "15 % loss, jitter": Path(DOWN_AND_UP, delay=0.1, jitter=0.03, loss=0.15),
    "30 % of the feedback lost": Path(DOWN_AND_UP, feedback_loss=0.3),
    "a short queue": Path(DOWN_AND_UP, queue=0.1),
    "feedback every 50 ms": Path(DOWN_AND_UP, feedback_interval=0.05),
    "feedback every 250 ms": Path(DOWN_AND_UP, feedback_interval=0.25),
}


@pytest.mark.parametrize("layered", [False, True], ids=["elastic", "layered"])
@pytest.mark.parametrize("name", list(PATHS))
def test_a_step_down_and_up_is_followed(name: str, layered: bool) -> None:
    sender = flow(PATHS[name], 32, layered)
    assert mean([m.target for m in between(sender, 4, 10)]) > 4_500_000
    settled = between(sender, 13, 20)
    fits = 500_000 / (1 - PATHS[name].loss)
    assert max(m.target for m in settled) < 1.6 * fits
    assert mean([m.sent for m in settled]) < 1.1 * fits
    assert min(m.queue for m in between(sender, 10.5, 13)) < 0.06, (
        "the queue was drained within 3 s"
    )
    assert mean([m.target for m in between(sender, 28, 32)]) > 5_500_000, "back within 8 s"


@pytest.mark.parametrize("name", ["plain", "jitter", "30 % of the feedback lost"])
def test_the_lowest_layer_is_kept_on_a_link_that_just_takes_it(name: str) -> None:
    sender = flow(PATHS[name], 20, layered=True)
    assert mean([m.delivered for m in between(sender, 14, 20)]) > 0.8 * (LAYERS[0] + SOUND)


@pytest.mark.parametrize("layered", [False, True], ids=["elastic", "layered"])
def test_the_top_layer_is_reached_within_3_seconds_of_the_start(layered: bool) -> None:
    sender = flow(Path(TEN), 6, layered)
    assert min(m.target for m in between(sender, 2, 6)) > 5_800_000


@pytest.mark.parametrize("loss", [0.05, 0.15])
@pytest.mark.parametrize("since", [0.0, 6.0])
def test_loss_without_a_queue_does_not_bring_the_rate_down(loss: float, since: float) -> None:
    sender = flow(Path(TEN, loss=loss, loss_from=since), 16)
    assert min(m.target for m in between(sender, 4, 16)) > 4_500_000


def test_loss_that_comes_with_the_rate_brings_it_down() -> None:
    """A policer: 10 ms of queue, so that no delay shows that the link has fallen to 2 Mbit/s."""
    sender = flow(Path(steps((0, 10e6), (8, 2e6)), queue=0.01), 20)
    assert mean([m.target for m in between(sender, 12, 20)]) < 2_600_000


def test_a_queue_that_drops_nothing_is_kept_short() -> None:
    sender = flow(Path(steps((0, 2e6)), queue=5.0), 30)
    late = between(sender, 5, 30)
    assert mean([m.delivered for m in late]) > 0.8 * 2_000_000
    assert sum(m.queue for m in late) / len(late) < 0.25
    assert max(m.queue for m in late) < 0.6


@pytest.mark.parametrize("drift", [2e-4, -2e-4])
def test_clocks_that_drift_change_nothing(drift: float) -> None:
    sender = flow(Path(TEN, drift=drift), 40, layered=True)
    assert min(m.target for m in between(sender, 4, 40)) > 5_500_000


def test_a_tcp_flow_beside_us_leaves_us_a_share_and_we_leave_it_one() -> None:
    sender, reno = Sender(0, elastic, 6_000_000, 1), Reno(1, 0.05)
    run(Path(steps((0, 4e6)), queue=0.3), [sender], 40, [reno])
    ours = mean([m.delivered for m in between(sender, 10, 40)])
    assert ours > 0.15 * 4_000_000
    assert reno.delivered * 8 / 40 > 0.3 * 4_000_000


def test_two_flows_of_ours_share_a_link() -> None:
    senders = [Sender(number, elastic, 6_000_000, number + 1) for number in range(2)]
    run(Path(steps((0, 4e6))), senders, 60)
    shares = [mean([m.delivered for m in between(sender, 20, 60)]) for sender in senders]
    assert min(shares) > 0.12 * 4_000_000
    assert sum(shares) > 0.8 * 4_000_000


def test_a_slide_that_needs_little_neither_raises_nor_loses_the_estimate() -> None:
    sender = Sender(0, elastic, 3_000_000, 1)
    sender.plan = lambda bwe: elastic(bwe) if len(sender.moments) < 60 else 100_000
    run(Path(TEN), [sender], 40)
    held = between(sender, 8, 40)
    assert max(m.target for m in held) <= 1.02 * held[0].target
    assert min(m.target for m in held) >= 0.98 * held[0].target


def test_without_anything_sent_beyond_it_the_estimate_stays_near_what_was_delivered() -> None:
    sender = Sender(0, lambda bwe: 200_000, 0, 1)
    run(Path(TEN), [sender], 30)
    assert not sender.probes
    assert sender.moments[-1].target < 2 * 250_000 + 10_000


def test_failed_probes_are_rare() -> None:
    sender = flow(Path(steps((0, 5e5))), 30, layered=True)
    late = [at for at, _ in sender.probes if at > 5]
    assert late, "it goes on trying"
    assert all(later - earlier > 1.9 for earlier, later in pairwise(late))


def test_sequence_numbers_wrap_without_a_trace() -> None:
    first = flow(Path(TEN), 8, first_seq=10)
    wrapped = flow(Path(TEN), 8, first_seq=65530)
    assert [m.target for m in first.moments] == [m.target for m in wrapped.moments]


def test_the_reference_time_wraps_without_a_trace() -> None:
    def fed(offset_us: int) -> int:
        bwe, wrap = BandwidthEstimator(), (1 << 24) * 64000
        for seq in range(2000):
            bwe.history.sent(seq, 1000, 10 + seq / 500)
            if seq % 50 == 49:
                received = [(s, (offset_us + s * 2000) % wrap) for s in range(seq - 49, seq + 1)]
                bwe.feedback(heard(list(received)), 10.05 + seq / 500)
        return bwe.target

    # Around the wrap messages are studied one by one, otherwise together.
    assert fed((1 << 24) * 64000 - 1_999_000) == pytest.approx(fed(5_000_000), rel=0.05)
    assert fed(5_000_000) > START_RATE


def test_silence_brings_the_rate_down_and_feedback_lets_it_rise_again() -> None:
    bwe, now, targets = BandwidthEstimator(), 1.0, []
    for seq in range(6000):
        now += 0.002
        bwe.history.sent(seq, 1000, now)
        if seq % 50 == 49 and not 2000 < seq < 4000:
            bwe.feedback(heard([(s, s * 2000) for s in range(seq - 49, seq + 1)]), now + 0.05)
        if seq % 25 == 0:
            bwe.tick(now + 0.05)
        targets.append(bwe.target)
    assert targets[3999] < 0.5 * targets[1999]
    assert targets[5999] > targets[3999]


def test_packets_that_arrive_after_being_reported_lost_are_not_lost() -> None:
    bwe = BandwidthEstimator()
    for seq in range(3000):
        now = 1 + seq / 500
        bwe.history.sent(seq, 1000, now)
        if seq % 50 == 49:
            span = range(seq - 49, seq + 1)
            early = [(s, None if s % 4 == 0 else s * 2000) for s in span]
            bwe.feedback(heard(list(early)), now + 0.05)
            late: list[tuple[int, int | None]] = [
                (s, s * 2000 + 30_000) for s in span if s % 4 == 0
            ]
            bwe.feedback(heard(late), now + 0.1)
    assert bwe.loss < 0.1, "a quarter was reported lost at first"


def test_remb_is_followed_until_feedback_comes() -> None:
    bwe = BandwidthEstimator()
    assert bwe.target == START_RATE
    bwe.remb(2_500_000, 1.0)
    assert bwe.target == 2_500_000
    assert bwe.probe_due(1.0, 9_000_000) is None
    bwe.remb(1, 2.0)
    assert bwe.target == MIN_RATE
    bwe.history.sent(1, 1000, 2.0)
    bwe.feedback(heard([(1, 5)]), 2.1)
    assert bwe.target == START_RATE


def test_a_round_trip_is_taken_from_reports_and_feedback() -> None:
    bwe = BandwidthEstimator()
    bwe.report(0, 0.08, 1.0)
    assert bwe.rtt == 0.08
    bwe.history.sent(1, 1000, 2.0)
    bwe.feedback(heard([(1, 5)]), 2.05)
    assert bwe.rtt == pytest.approx(0.05)


def test_a_recorded_step_down_is_seen_in_time() -> None:
    """Packets and feedback of a 5 Mbit/s layer whose link falls to 500 kbit/s at 3 s."""
    trace = json.loads(TRACE.read_text())
    events = sorted(
        [(at, 0, e) for at, e in trace["sent"]] + [(at, 1, e) for at, e in trace["feedback"]],
        key=lambda e: e[:2],
    )
    bwe, seen = BandwidthEstimator(5_500_000), 0.0
    for at, kind, entry in events:
        if kind == 0:
            bwe.history.sent(entry[0], entry[1], 100 + at)
        else:
            received = [(seq & 0xFFFF, arrival) for seq, arrival in enumerate(entry[1], entry[0])]
            bwe.feedback(heard(list(received)), 100 + at)
        if not seen and bwe.target < 600_000:
            seen = at
    assert trace["falls_at"] < seen < trace["falls_at"] + 0.35


FEEDBACK = st.builds(
    TransportFeedback,
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 65535),
    st.integers(0, 255),
    st.lists(st.none() | st.integers(-(2**32), 2**33), max_size=60),
)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("sent"), st.integers(0, 65535), st.integers(0, 1500)),
            st.tuples(st.just("burst"), st.integers(0, 65535), st.integers(0, 300)),
            st.tuples(st.just("feedback"), FEEDBACK, st.just(0)),
            st.tuples(st.just("echo"), st.integers(0, 200), st.integers(0, 100_000)),
            st.tuples(st.just("remb"), st.integers(0, 2**63), st.just(0)),
            st.tuples(st.just("report"), st.integers(0, 255), st.floats(0, 100)),
            st.tuples(st.just("tick"), st.just(0), st.just(0)),
            st.tuples(st.just("probe"), st.integers(0, 2**40), st.just(0)),
        ),
        max_size=60,
    ),
    st.lists(st.floats(0, 3), min_size=60, max_size=60),
)
@settings(max_examples=200, deadline=None)
def test_whatever_comes_back_the_estimate_stays_in_bounds(
    events: list[tuple[str, object, object]], pauses: list[float]
) -> None:
    bwe, now, last, probe = BandwidthEstimator(), 1.0, 0, 0
    for (kind, first, second), pause in zip(events, pauses, strict=False):
        now += pause
        if kind == "sent":
            assert isinstance(first, int)
            assert isinstance(second, int)
            last = first
            bwe.history.sent(first, second, now, probe)
        elif kind == "burst":
            assert isinstance(first, int)
            assert isinstance(second, int)
            for n in range(second):
                bwe.history.sent((first + n) & 0xFFFF, 1000, now, probe)
            last = (first + max(second - 1, 0)) & 0xFFFF
        elif kind == "feedback":
            assert isinstance(first, TransportFeedback)
            bwe.feedback(first, now)
        elif kind == "echo":
            assert isinstance(first, int)
            assert isinstance(second, int)
            seqs: list[tuple[int, int | None]] = []
            seqs += [
                ((last - n) & 0xFFFF, int(now * 1e6) - n * second) for n in reversed(range(first))
            ]
            bwe.feedback(heard(seqs), now)
        elif kind == "remb":
            assert isinstance(first, int)
            bwe.remb(first, now)
        elif kind == "report":
            assert isinstance(first, int)
            assert isinstance(second, float)
            bwe.report(first, second, now)
        elif kind == "tick":
            bwe.tick(now)
        else:
            assert isinstance(first, int)
            due = bwe.probe_due(now, first)
            probe = due.id if due else 0
        assert MIN_RATE <= bwe.target <= MAX_RATE
        assert MIN_RATE <= bwe.estimate <= MAX_RATE
        assert bwe.backlog(now) >= 0.0
        assert 0.0 <= bwe.loss <= 1.0
        assert bwe.rtt > 0.0


def test_the_history_is_a_power_of_two_that_divides_the_sequence_numbers() -> None:
    assert 65536 % RING == 0


def queued() -> tuple[BandwidthEstimator, float]:
    """An estimator whose last packets met a queue, and the time of the last feedback."""
    bwe, now = BandwidthEstimator(), 1000.0
    for seq in range(0, 200, 10):
        for i in range(10):
            bwe.history.sent(seq + i, 1000, now + i / 1000)
        late = 0 if seq < 190 else 70_000
        arrivals = [(seq + i, int((now + i / 1000) * 1e6) + 20_000 + late) for i in range(10)]
        now += 0.1
        bwe.feedback(heard([(n, at) for n, at in arrivals]), now)
    return bwe, now


def test_a_queue_that_nothing_was_sent_into_for_a_while_does_not_forbid_a_probe_for_ever() -> None:
    bwe, now = queued()
    assert bwe.probe_due(now + 1.0, 5_000_000) is None
    assert bwe.probe_due(now + 5.0, 5_000_000) is not None


def test_a_queue_with_packets_still_on_their_way_forbids_a_probe() -> None:
    bwe, now = queued()
    bwe.history.sent(200, 1000, now)
    assert bwe.probe_due(now + 5.0, 5_000_000) is None
