"""What a viewer's frames and counters say about a link: settling, freezes, shares. Pure; times in seconds."""

from __future__ import annotations

import bisect
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FREEZE = 0.25
"A gap between frames that a viewer sees as a stop: 150 ms and three frame times at 30 fps, as libwebrtc counts it."

STALE = 0.5
"A picture older than this is not the right layer, whatever its height."

STAYS = 0.95
"Settled: the right layer from then on, in so much of the time that is left."

SHORTEST = 3.0
"Seconds that must be left to call a layer settled."

GRID = 0.1


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that was shown."""

    at: float
    height: int


@dataclass(frozen=True, slots=True)
class Counter:
    """A growing number, read at some times, in order."""

    times: Sequence[float]
    values: Sequence[float]

    def at(self, t: float) -> float:
        """Its value at ``t``, between two readings on the straight line."""
        i = bisect.bisect_left(self.times, t)
        if i == 0:
            return self.values[0] if self.values else 0.0
        if i == len(self.times):
            return self.values[-1]
        t0, t1, v0, v1 = self.times[i - 1], self.times[i], self.values[i - 1], self.values[i]
        return v0 + (v1 - v0) * (t - t0) / (t1 - t0)

    def grown(self, begin: float, end: float) -> float:
        return self.at(end) - self.at(begin)


def freezes(frames: Sequence[Frame], begin: float, end: float) -> list[float]:
    """The lengths of the stops between begin and end. A stop that reaches over a boundary counts up to it."""
    inside = [f.at for f in frames if begin <= f.at <= end]
    before = [f.at for f in frames if f.at < begin]
    # What began before still stands when the time begins; a gap is judged whole and counted by its part inside.
    points = [before[-1] if before else begin, *inside]
    found = []
    for previous, following in zip(points, [*points[1:], end], strict=True):
        if following - previous > FREEZE:
            found.append(following - max(previous, begin))
    return found


def settled(frames: Sequence[Frame], begin: float, end: float, height: int) -> float | None:
    """Seconds after ``begin`` from which on the picture has the right height and moves; None if it never stays so."""
    times = [f.at for f in frames]
    steps = int((end - begin) / GRID)
    right = []
    for i in range(steps):
        t = begin + i * GRID
        n = bisect.bisect_right(times, t) - 1
        right.append(n >= 0 and t - times[n] <= STALE and abs(frames[n].height - height) <= 2)
    good = sum(right)
    for i, now in enumerate(right):
        if (steps - i) * GRID < SHORTEST:
            return None
        if now and good >= STAYS * (steps - i):
            return i * GRID
        good -= now
    return None


def best_layer(layers: dict[int, float], rate: float | None) -> int:
    """The height of the richest layer whose bitrate fits the rate; the poorest when none does. ``layers``: height to bit/s."""
    fitting = [h for h, bits in layers.items() if rate is None or bits <= rate]
    return max(fitting) if fitting else min(layers)


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a scenario in which the link stays as it is. ``right`` is the height that the viewer should get."""

    name: str
    begin: float
    end: float
    right: int


@dataclass(frozen=True, slots=True)
class Score:
    """One phase as a viewer had it.

    ``settle`` None: never. ``share`` is of the right layer's bitrate, ``concealed`` of the sound's samples.
    """

    phase: str
    settle: float | None
    share: float
    freeze: float
    longest: float
    fps: float
    concealed: float


def score(
    phase: Phase,
    frames: Sequence[Frame],
    received: Counter,
    sent: Counter,
    sound: Counter,
    concealed: Counter,
) -> Score:
    """``received``: the viewer's bytes of video; ``sent``: the sender's of the right layer; sound in samples.

    The share is taken where the layer has settled, one second later (the first key frame costs more than the layer
    does), or over the second half of a phase in which it never did.
    """
    settle = settled(frames, phase.begin, phase.end, phase.right)
    begin = (
        (phase.begin + phase.end) / 2
        if settle is None
        else min(phase.begin + settle + 1, phase.end - 1)
    )
    stops = freezes(frames, phase.begin, phase.end)
    of_layer, samples = sent.grown(begin, phase.end), sound.grown(phase.begin, phase.end)
    return Score(
        phase=phase.name,
        settle=settle,
        share=received.grown(begin, phase.end) / of_layer if of_layer else 0.0,
        freeze=sum(stops),
        longest=max(stops, default=0.0),
        fps=sum(phase.begin <= f.at <= phase.end for f in frames) / (phase.end - phase.begin),
        concealed=concealed.grown(phase.begin, phase.end) / samples if samples else 1.0,
    )


def median_scores(runs: Iterable[Sequence[Score]]) -> list[Score]:
    """Phase by phase the medians of several runs. A run that never settled counts as worse than any that did."""
    found = []
    for scores in zip(*runs, strict=True):
        settles = sorted(s.settle if s.settle is not None else float("inf") for s in scores)
        settle = settles[len(settles) // 2]
        found.append(
            Score(
                phase=scores[0].phase,
                settle=None if settle == float("inf") else settle,
                share=statistics.median(s.share for s in scores),
                freeze=statistics.median(s.freeze for s in scores),
                longest=statistics.median(s.longest for s in scores),
                fps=statistics.median(s.fps for s in scores),
                concealed=statistics.median(s.concealed for s in scores),
            )
        )
    return found


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, the first to the left and the others to the right."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    lines = [
        " ".join(
            c.ljust(w) if not i else c.rjust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in (header, *rows)
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
