"""The estimator on a narrow path whose delay wanders, like that of a radio link.

Chance decides each run, so there are many.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from bench.shaping import Conditions, Link
from sfu_worker.bwe.estimator import BandwidthEstimator
from sfu_worker.rtp import rtcp
from tests.sfu_worker.link import START, STEP, Sender

SOUND = 50_000
RUNS = 12
WIDE, NARROW = 10e6, 500e3
FALLS_AT, SETTLED_AT, SECONDS = 10.0, 14.0, 32.0
# Three layers of a camera, each with its temporal layers.
PICTURES = (
    (160_000, 240_000, 400_000),
    (450_000, 530_000, 750_000),
    (2_000_000, 3_000_000, 5_000_000),
)


class Camera:
    """Chooses the layer that fits, with the margins of sfu_worker/down/allocation.py."""

    def __init__(self) -> None:
        self.at = -1

    def __call__(self, bwe: BandwidthEstimator) -> int:
        steps = [rate for layer in PICTURES for rate in layer]
        at = -1
        while at + 1 < len(steps):
            margin = (
                1.0
                if at < self.at or self.at < 0
                else 1.05
                if (at + 1) // 3 == self.at // 3
                else 1.15
            )
            if steps[at + 1] * margin + SOUND > bwe.estimate:
                break
            at += 1
        self.at = at
        return 0 if bwe.draining or at < 0 else steps[at]


@dataclass
class Shares:
    """Shares of the time after the fall.

    When the estimate was far above the capacity, the rate far below it, or the queue long.
    """

    above: float
    below: float
    queued: float


def run(seed: int, **conditions: float) -> Shares:
    sender, link = Sender(0, Camera(), 7_000_000, seed), Link(seed)
    feedback_lost = random.Random(seed + 5)
    moments: list[tuple[int, int, float]] = []
    for step in range(int(SECONDS / STEP)):
        at = step * STEP
        now = START + at
        rate = WIDE if at < FALLS_AT else NARROW
        if link.conditions.rate != rate:
            link.change(Conditions(rate=rate, **conditions), now)
        for _, seq, size in sender.packets(step, now):
            link.push(seq.to_bytes(2, "big") + bytes(max(0, size - 2)), now)
        for data in link.pop(now):
            sender.log.record(int.from_bytes(data[:2], "big"), int(at * 1e6) + 77_000_000)
        if step % 100 == 25 and feedback_lost.random() >= conditions.get("loss", 0.0):
            for message in sender.log.feedback(1, 2):
                for report in rtcp.parse_compound(message):
                    assert isinstance(report, rtcp.TransportFeedback)
                    sender.bwe.feedback(report, now)
        if step % 100 == 99 and at > SETTLED_AT:
            moments.append((sender.bwe.estimate, 10 * 8 * sender._sent, link._queued * 8 / rate))
            sender._sent = 0
        elif step % 100 == 99:
            sender._sent = 0
    count = len(moments)
    return Shares(
        above=sum(estimate > 1.3 * NARROW for estimate, _, _ in moments) / count,
        below=sum(sent < 0.6 * NARROW for _, sent, _ in moments) / count,
        queued=sum(queue > 0.2 for _, _, queue in moments) / count,
    )


@pytest.mark.parametrize(
    "conditions",
    [
        {"delay": 0.1, "jitter": 0.03},
        {"delay": 0.1, "jitter": 0.03, "loss": 0.05},
        {"delay": 0.1, "jitter": 0.03, "loss": 0.15},
    ],
    ids=["jitter", "jitter and 5 % loss", "jitter and 15 % loss"],
)
def test_a_narrow_link_that_wanders_is_neither_left_empty_nor_flooded(
    conditions: dict[str, float],
) -> None:
    shares = [run(seed, **conditions) for seed in range(RUNS)]
    assert sum(s.above for s in shares) / RUNS < 0.15, (
        "probes that a falling delay pushed together are not believed"
    )
    assert sum(s.below for s in shares) / RUNS < 0.25, (
        "losses by chance are not taken for congestion"
    )
    assert sum(s.queued for s in shares) / RUNS < 0.25
