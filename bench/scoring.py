"""Score a link by the frames and counters of a viewer: settling, freezes, shares.

Pure; times are in seconds.
"""

from __future__ import annotations

import bisect
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# A gap between frames that counts as a freeze: 150 ms and three frame times, as in libwebrtc.
FREEZE = 0.25

# A picture older than this is not the right layer, whatever its height.
STALE = 0.5

# A layer is settled if it is the right one for this share of the remaining time, ...
STAYS = 0.95

# ... of which there must be this much.
SHORTEST = 3.0

# Seconds between the points at which the picture is judged.
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
        """The value at ``t``, interpolated between two readings."""
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
    """The lengths of the freezes between begin and end, to which they are cut."""
    inside = [f.at for f in frames if begin <= f.at <= end]
    before = [f.at for f in frames if f.at < begin]
    # A gap is judged by its whole length, and counted by the part of it that is inside.
    points = [before[-1] if before else begin, *inside]
    found = []
    for previous, following in zip(points, [*points[1:], end], strict=True):
        if following - previous > FREEZE:
            found.append(following - max(previous, begin))
    return found


def settled(frames: Sequence[Frame], begin: float, end: float, height: int) -> float | None:
    """Seconds after ``begin`` until the picture has the right height and keeps moving.

    None if that never lasts.
    """
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
    """The height of the largest layer whose bitrate fits the rate, or of the smallest layer.

    ``layers`` maps heights to bit/s.
    """
    fitting = [h for h, bits in layers.items() if rate is None or bits <= rate]
    return max(fitting) if fitting else min(layers)


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a scenario in which the link does not change.

    ``right`` is the height that the viewer should get.
    """

    name: str
    begin: float
    end: float
    right: int


@dataclass(frozen=True, slots=True)
class Score:
    """One phase as a viewer saw it.

    ``settle`` is None if the picture never settled. ``share`` is a share of the right layer's
    bitrate, ``concealed`` one of the sound's samples.
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
    """Score a phase.

    ``received`` counts the viewer's bytes of video, ``sent`` the sender's bytes of the right layer,
    ``sound`` and ``concealed`` count samples. The share is taken from one second after the layer
    settled, since its first key frame costs more than the layer. If it never settled, the share is
    that of the second half of the phase.
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
    """The medians of several runs, phase by phase. A run that never settled is the worst."""
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
