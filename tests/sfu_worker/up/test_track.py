"""Simulcast whatever the order of its layers: pages list the smallest first, OBS the largest.

H264 tells sizes in key frames.
"""

from __future__ import annotations

import itertools

import pytest

from sfu_worker.down.egress import Egress
from sfu_worker.up.track import FEWER_AFTER, UpTrack
from tests.sfu_worker.builders.streams import (
    H264,
    Source,
    Wire,
    parameter_set,
    video_slot,
    video_track,
)

# In whole macroblocks, as OBS with three layers of 1080 lines: all, two thirds, one third.
HEIGHTS = (1088, 720, 368)
RATES = (6000, 4000, 2000)


def sps(height: int) -> bytes:
    """A sequence parameter set for a picture of so many lines, as wide as 16:9 asks for."""
    return parameter_set(
        31, 0, 0, 2, 1, (1, 0), height // 9 - 1, height // 16 - 1, (1, 1), (1, 1), (1, 0), (1, 0)
    )


def obs(order: tuple[int, ...] = (0, 1, 2)) -> tuple[UpTrack, list[Source]]:
    """A track as OBS sends it, rid 0 the largest; ``order`` is that in which the layers begin."""
    track = video_track()
    track.rids = ["0", "1", "2"]
    made = {i: Source(track, i + 1, str(i), H264) for i in order}
    sources = [made[i] for i in range(3)]
    for source, rate in zip(sources, RATES, strict=True):
        source.layer.rates.rates = (rate * 1000,)
    return track, sources


def begin(sources: list[Source], now: float) -> None:
    for source, height in zip(sources, HEIGHTS, strict=True):
        source.send(now, payload=sps(height))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize(
    ("height", "rid"),
    [(100, "2"), (368, "2"), (400, "2"), (500, "1"), (720, "1"), (1080, "0"), (0, "0")],
)
def test_the_layer_that_fits_is_found_in_any_order(
    order: tuple[int, ...], height: int, rid: str
) -> None:
    track, sources = obs(order)
    begin(sources, 1.0)
    # Nobody has asked for any of them yet.
    assert [source.layer.size and source.layer.size[1] for source in sources] == list(HEIGHTS)
    chosen = track.layer_for(height, 1.1)
    assert chosen is not None
    assert chosen.rid == rid


def test_as_long_as_a_size_is_unknown_the_bitrate_says_which_layer_is_larger() -> None:
    track, sources = obs()
    for source in sources:
        source.send(1.0, payload=b"\x41\x9a")
    largest = track.layer_for(200, 1.1)
    assert largest is not None
    assert largest.rid == "0"
    sources[2].send(1.2, payload=sps(HEIGHTS[2]))
    smallest = track.layer_for(200, 1.3)
    assert smallest is not None
    assert smallest.rid == "2"


@pytest.mark.parametrize(("budget", "rid"), [(3_000_000, "2"), (5_500_000, "1"), (20_000_000, "0")])
@pytest.mark.parametrize("sized", [(0, 1, 2), (2,), ()])
def test_a_narrow_link_gets_a_small_layer_whatever_is_known_of_them(
    budget: int, rid: str, sized: tuple[int, ...]
) -> None:
    track, sources = obs()
    for i, source in enumerate(sources):
        source.send(9.9, payload=sps(HEIGHTS[i]) if i in sized else b"\x41\x9a")
    egress = Egress()
    slot = video_slot(Wire(), history=egress.estimator.history)
    slot.wish(track.id, 1080, 0)
    slot.carry(track, 10.0)
    egress.on_remb(budget, 10.0)
    egress.choose([slot], 10.1)
    assert slot.output.pending is not None
    assert slot.output.pending.rid == rid


def test_a_page_that_lists_its_layers_so_is_told_what_is_watched_and_only_news() -> None:
    track, sources = obs()
    begin(sources, 1.0)
    slot = video_slot(Wire())
    slot.wish(track.id, 1080, 0)
    slot.carry(track, 1.0)
    assert track.wanted_rids(1.0) is None
    slot.wish(track.id, 500, 0)
    assert track.wanted_rids(2.0) is None
    assert track.wanted_rids(2.0 + FEWER_AFTER) == ["2", "1"]
