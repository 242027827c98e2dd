"""Compare what forwarding costs in two checkouts, which are measured in turn on the same machine.

    python bench/in_turn.py BEFORE AFTER [--times 5] [options of bench/forward.py]

Each checkout's own ``bench/forward.py`` runs, before and after in turn, so that a machine that is
slower for a while slows down both. Both run with this Python and its installed packages. For each
row this prints the median CPU per packet and its range over the runs, and the same as a multiple of
the floor that ``forward.py`` measures beside it. Differences within the ranges are noise.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

NUMBERS = 9  # in forward.py's rows, behind the name


@dataclass(frozen=True)
class Row:
    """One row of ``forward.py``: CPU in µs per packet, also as a multiple of the floor."""

    name: str
    cost: float
    floors: float
    lost: int
    load: float


def rows(printed: str) -> Iterator[Row]:
    """The rows in what ``forward.py`` printed; its headings are passed over."""
    for line in printed.splitlines():
        name, *words = line.strip().rsplit(maxsplit=NUMBERS)
        try:
            _, _, cost, _, floors, lost, _, _, load = map(float, words)
        except ValueError:
            continue
        yield Row(name, cost, floors, int(lost), load)


def table(before: list[Row], after: list[Row]) -> Iterator[str]:
    """One line for each row of both checkouts, and one with the ratio of their medians."""
    yield f"{'people':>10}          µs/packet (range)      x floor (range)          lost   load"
    for name in dict.fromkeys(row.name for row in before + after):
        sides = [[row for row in side if row.name == name] for side in (before, after)]
        for word, side in zip(("before", "after"), sides, strict=True):
            if side:
                yield f"{name:>10}  {word:6} {_line(side)}"
        if all(sides):
            costs, floors = (
                median(after) / median(before)
                for before, after in (
                    [[getattr(row, what) for row in side] for side in sides]
                    for what in ("cost", "floors")
                )
            )
            yield f"{name:>10}  {'ratio':6} {costs:7.3f}                  {floors:7.3f}"


def _line(side: list[Row]) -> str:
    costs, floors = [row.cost for row in side], [row.floors for row in side]
    return (
        f"{median(costs):7.1f} ({min(costs):5.1f} to {max(costs):5.1f})"
        f" {median(floors):7.2f} ({min(floors):5.2f} to {max(floors):5.2f})"
        f" {sum(row.lost for row in side):7} {median(row.load for row in side):6.1f}"
    )


def measure(checkout: Path, options: list[str]) -> list[Row]:
    """One run. Lost packets, for which ``forward.py`` ends with 1, are in its rows."""
    command = [sys.executable, "bench/forward.py", *options]
    done = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, text=True, check=False)
    found = list(rows(done.stdout))
    if not found:
        raise SystemExit(f"bench/forward.py of {checkout} measured nothing:\n{done.stdout}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--times", type=int, default=5, help="(default: %(default)s)")
    options, others = parser.parse_known_args()
    before: list[Row] = []
    after: list[Row] = []
    try:
        for number in range(options.times):
            for side, checkout in ((before, options.before), (after, options.after)):
                print(f"run {number + 1} of {options.times}: {checkout}", file=sys.stderr)
                side += measure(checkout, others)
    except KeyboardInterrupt:
        print("stopped early", file=sys.stderr)
    print("\n".join(table(before, after)))


if __name__ == "__main__":
    main()
