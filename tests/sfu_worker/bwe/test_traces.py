"""Traces of real paths, with Chromium as receiver, replayed to the estimator.

See tests/data/bwe/README.md. The loop is open: the estimator of the recording decided what was
sent, whatever the one here would have done. So these tests show how a real browser's feedback is
read; test_estimator.py shows how a path fares under the estimator.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from bench.shaping import OVERHEAD
from bench.traces import Event, Trace, read, replay
from sfu_worker.bwe.estimator import BandwidthEstimator
from sfu_worker.bwe.rate import START_RATE
from sfu_worker.down.allocation import UP_MARGIN

TRACES = Path(__file__).parents[2] / "data" / "bwe"
NAMES = sorted(path.name.removesuffix(".csv.gz") for path in TRACES.glob("*.csv.gz"))
# Start of an estimator that needs no first probes: those of a recording may not suit it.
WARM = 8_000_000
# The estimate that it takes to choose the recorded top layer.
TOP_FITS = int(5_000_000 * UP_MARGIN)
SECOND_FITS = 750_000
# Bytes that SRTP adds to each packet (RFC 7714, 14).
GCM_TAG = 16


@dataclass(frozen=True)
class Said:
    """The estimator's results after a feedback message, in bit/s, shares and seconds."""

    at: float
    estimate: int
    acknowledged: int
    loss: float
    draining: bool


@cache
def told(name: str, start: int = WARM) -> tuple[Trace, list[Said]]:
    """A trace, and the results of a fresh estimator."""
    trace, e = read(TRACES / f"{name}.csv.gz"), BandwidthEstimator(start)
    said: list[Said] = []

    def look(event: Event) -> None:
        if event.kind == "f":
            said.append(Said(event.at, e.estimate, e.acknowledged, e.loss, e.draining))

    replay(trace, e, look)
    return trace, said


def between(said: list[Said], start: float, end: float) -> list[Said]:
    found = [s for s in said if start <= s.at < end]
    assert found, f"no feedback between {start} and {end} s"
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_acknowledged_bitrate_is_what_the_relay_passed(name: str) -> None:
    trace, said = told(name)
    counts = [e for e in trace.events if e.kind == "l"][::30]
    changes = [step.at for step in trace.down]
    for before, after in pairwise(counts):
        if any(before.at - 2 < change < after.at for change in changes):
            # Queues fill and drain, and layers change: the two ends see them at different times.
            continue
        size, packets = (b - a for a, b in zip(before.values, after.values, strict=True))
        passed = 8 * (size - packets * (OVERHEAD + GCM_TAG)) / (after.at - before.at)
        rates = [s.acknowledged for s in between(said, before.at, after.at)]
        assert sum(rates) / len(rates) == pytest.approx(passed, rel=0.1), (
            f"{before.at:.1f} to {after.at:.1f} s"
        )


@pytest.mark.parametrize("name", ["clean", "loss", "jitter", "feedback_lost"])
def test_a_path_that_carries_the_top_layer_keeps_it(name: str) -> None:
    assert min(s.estimate for s in told(name)[1]) > TOP_FITS


@pytest.mark.parametrize("name", NAMES)
def test_no_layer_is_chosen_that_does_not_fit(name: str) -> None:
    trace, said = told(name, START_RATE)
    ends = [step.at for step in trace.down[1:]] + [trace.seconds]
    for step, end in zip(trace.down, ends, strict=True):
        rate = step.conditions.rate
        if rate is not None:
            most = max(s.estimate for s in between(said, step.at + 0.5, end))
            assert most < (SECOND_FITS if rate < SECOND_FITS else 1.1 * rate), f"from {step.at} s"


def test_packet_loss_is_measured_as_it_was() -> None:
    trace, said = told("loss")
    late = [s.loss for s in between(said, 2, trace.seconds)]
    assert sum(late) / len(late) == pytest.approx(trace.down[0].conditions.loss, abs=0.01)


def test_lost_feedback_is_not_packet_loss() -> None:
    _, said = told("feedback_lost")
    assert len(said) < 0.8 * len(told("clean")[1]), "there is less of it"
    assert max(s.loss for s in said) < 0.02
    assert not any(s.draining for s in said)


def test_a_link_that_falls_is_seen_at_once() -> None:
    trace, said = told("step_down")
    falls = trace.down[1].at
    assert min(s.estimate for s in between(said, 0, falls)) > TOP_FITS
    low = next(s.at for s in said if s.estimate < 600_000)
    assert falls < low < falls + 0.5
    assert any(s.draining for s in between(said, falls, falls + 1)), "its queue is emptied"
    assert not any(s.draining for s in between(said, falls + 2, trace.seconds))
    assert min(s.estimate for s in between(said, falls, trace.seconds)) > 300_000, (
        "what goes through goes on"
    )


def test_a_link_that_widens_lets_the_estimate_rise() -> None:
    trace, said = told("step_up", START_RATE)
    widens = trace.down[1].at
    before, after = between(said, 2, widens), between(said, widens + 0.5, trace.seconds)
    assert after[-1].estimate > 2 * max(s.estimate for s in before)
    assert all(b.estimate >= 0.8 * a.estimate for a, b in pairwise(after)), (
        "nothing speaks against it"
    )


def test_a_rival_that_does_not_yield_leaves_us_our_half() -> None:
    trace, said = told("rival")
    comes, goes = (step.at for step in trace.down[1:])
    half = 10_000_000 / 2
    assert min(s.estimate for s in between(said, 0, comes)) > TOP_FITS
    settled = [s.estimate for s in between(said, comes + 6, goes)]
    assert 0.5 * half < min(settled)
    assert max(settled) < 1.3 * half
