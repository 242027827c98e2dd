"""Tables of who gets what. Layers are written as height.

Rates in kbit/s up to each temporal layer.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu_worker.down.allocation import (
    FEWER_FRAMES,
    HOLD,
    Allocation,
    Choice,
    LayerInfo,
    Wish,
    allocate,
)

CAMERA = (
    LayerInfo(0, 180, (100_000, 150_000)),
    LayerInfo(1, 360, (400_000, 500_000)),
    LayerInfo(2, 720, (1_500_000, 2_000_000)),
)
SIMPLE = (
    LayerInfo(0, 135, (400_000,)),
    LayerInfo(1, 270, (750_000,)),
    LayerInfo(2, 540, (5_000_000,)),
)


def video(
    slot: str, priority: int = 0, height: int = 720, layers: tuple[LayerInfo, ...] = CAMERA
) -> Wish:
    return Wish(slot, priority, height, layers)


def shown(allocation: Allocation) -> str:
    """`a0.1` is slot a on spatial layer 0 and temporal layer 1; `a-` is paused."""
    return " ".join(
        f"{c.slot}{c.spatial}.{c.temporal}" if c.spatial >= 0 else f"{c.slot}-"
        for c in allocation.choices
    )


TABLE = [
    # budget, wishes, result
    (99_000, [video("a")], "a-"),
    (100_000, [video("a")], "a0.0"),
    (150_000, [video("a")], "a0.1"),
    (560_000, [video("a")], "a1.1"),
    (9_000_000, [video("a")], "a2.1"),
    (9_000_000, [video("a", height=360)], "a1.1"),
    (9_000_000, [video("a", height=200)], "a0.1"),
    (9_000_000, [video("a", height=90)], "a0.1"),
    (9_000_000, [video("a", height=0)], "a2.1"),
    # Everybody's lowest layer before anybody's second.
    (250_000, [video("a"), video("b")], "a0.1 b0.0"),
    (300_000, [video("a"), video("b")], "a0.1 b0.1"),
    (700_000, [video("a"), video("b")], "a1.1 b0.1"),
    (1_000_000, [video("a"), video("b"), video("c")], "a1.1 b0.1 c0.1"),
    # A higher class has all it wants first.
    (700_000, [video("a"), video("b", priority=2)], "a0.1 b1.1"),
    (500_000, [video("a"), video("b", priority=2)], "a- b1.1"),
    (2_150_000, [video("a"), video("b", priority=2)], "a0.1 b2.1"),
]


@pytest.mark.parametrize(("budget", "wishes", "expected"), TABLE)
def test_a_budget_is_shared_as_the_table_says(
    budget: int, wishes: list[Wish], expected: str
) -> None:
    assert shown(allocate(budget, wishes, {}, 100.0)) == expected


def kept(allocation: Allocation) -> dict[str, Choice]:
    return {choice.slot: choice for choice in allocation.choices}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (500_000, 800_000, "a0.0"),  # 750 fits, but not with a margin
        (500_000, 863_000, "a1.0"),
        (800_000, 751_000, "a1.0"),  # what it has it keeps, to the last bit
        (800_000, 749_000, "a0.0"),
        (300_000, 400_000, "a0.0"),  # something instead of nothing needs no margin
        (500_000, 399_000, "a-"),
    ],
)
def test_a_slot_goes_down_at_once_and_up_with_a_margin(
    before: int, after: int, expected: str
) -> None:
    wishes = [video("a", layers=SIMPLE)]
    first = allocate(before, wishes, {}, 100.0)
    assert shown(allocate(after, wishes, kept(first), 200.0)) == expected


def test_a_slot_that_went_down_stays_there_for_a_while() -> None:
    wishes = [video("a", layers=SIMPLE)]
    high = allocate(9_000_000, wishes, {}, 100.0)
    low = allocate(800_000, wishes, kept(high), 101.0)
    assert (shown(high), shown(low)) == ("a2.0", "a1.0")
    assert shown(allocate(9_000_000, wishes, kept(low), 101.0 + HOLD / 2)) == "a1.0"
    assert shown(allocate(9_000_000, wishes, kept(low), 101.0 + HOLD)) == "a2.0"


def test_frames_are_dropped_to_keep_a_picture_but_not_to_get_a_larger_one() -> None:
    wishes = [video("a")]
    small = allocate(400_000, wishes, {}, 100.0)
    assert shown(small) == "a0.1", "the first frames of the middle layer would fit"
    middle = allocate(600_000, wishes, kept(small), 110.0)
    assert shown(middle) == "a1.1"
    fewer = allocate(400_000, wishes, kept(middle), 120.0)
    assert shown(fewer) == "a1.0"
    assert shown(allocate(400_000, wishes, kept(fewer), 120.0 + FEWER_FRAMES / 2)) == "a1.0"
    assert shown(allocate(400_000, wishes, kept(fewer), 120.0 + FEWER_FRAMES)) == "a0.1", (
        "the link stays narrow"
    )


def test_who_comes_down_from_a_large_picture_gets_all_frames_of_the_one_that_fits() -> None:
    wishes = [video("a")]
    large = allocate(9_000_000, wishes, {}, 100.0)
    assert shown(large) == "a2.1"
    assert shown(allocate(400_000, wishes, kept(large), 110.0)) == "a0.1"


def test_more_frames_of_the_same_picture_need_less_of_a_margin_than_a_larger_one() -> None:
    layers = (LayerInfo(0, 135, (160_000, 240_000, 400_000)),)
    wishes = [video("a", layers=layers)]
    half = allocate(300_000, wishes, {}, 100.0)
    assert shown(half) == "a0.1"
    assert shown(allocate(410_000, wishes, kept(half), 110.0)) == "a0.1"
    assert shown(allocate(421_000, wishes, kept(half), 110.0)) == "a0.2"


def test_only_the_smallest_picture_goes_below_half_of_its_frames() -> None:
    layers = (
        LayerInfo(0, 135, (60_000, 90_000, 150_000)),
        LayerInfo(1, 270, (200_000, 300_000, 500_000)),
    )
    wishes = [video("a", layers=layers)]
    high = allocate(600_000, wishes, {}, 100.0)
    assert shown(high) == "a1.2"
    low = allocate(350_000, wishes, kept(high), 110.0)
    assert shown(low) == "a1.1"
    assert shown(allocate(250_000, wishes, kept(low), 120.0)) == "a0.2"
    assert shown(allocate(70_000, wishes, kept(low), 120.0)) == "a0.0"


def test_a_budget_that_wavers_does_not_move_a_layer() -> None:
    wishes = [video("a", layers=SIMPLE)]
    state: dict[str, Choice] = {}
    seen = []
    for tick in range(100):
        result = allocate(800_000 + (-1) ** tick * 40_000, wishes, state, 100.0 + tick / 4)
        state = kept(result)
        seen.append(shown(result))
    assert set(seen[1:]) == {seen[1]}


def wavering(tick: int) -> tuple[LayerInfo, ...]:
    """A camera's layers as they are measured, a few percent more or less each time."""
    share = 1 + 0.04 * (-1) ** tick
    return tuple(
        LayerInfo(layer.index, layer.height, tuple(int(share * rate) for rate in layer.bitrates))
        for layer in CAMERA
    )


def test_rates_that_waver_do_not_hold_a_slot_down() -> None:
    state = kept(allocate(200_000, [video("a", layers=wavering(0))], {}, 100.0))
    for tick in range(1, 9):
        result = allocate(900_000, [video("a", layers=wavering(tick))], state, 100.0 + tick / 4)
        state = kept(result)
    assert shown(result) == "a1.1"


def test_rates_that_waver_do_not_take_a_layer_away() -> None:
    wide = allocate(9_000_000, [video("a", layers=wavering(0))], {}, 100.0)
    state, seen = kept(wide), []
    for tick in range(1, 40):
        # What the second layer takes at its most, and no margin beyond it.
        result = allocate(530_000, [video("a", layers=wavering(tick))], state, 100.0 + tick / 4)
        state = kept(result)
        seen.append(shown(result))
    assert set(seen) == {"a1.1"}


def test_a_paused_slot_tells_lack_of_bandwidth_from_a_source_without_layers() -> None:
    dead = tuple(
        LayerInfo(layer.index, layer.height, layer.bitrates, alive=False) for layer in CAMERA
    )
    result = allocate(0, [video("a"), video("b", layers=dead)], {}, 1.0)
    assert [choice.reason for choice in result.choices] == ["bandwidth", "inactive"]


def test_a_layer_that_is_not_sent_is_not_chosen() -> None:
    layers = (CAMERA[0], LayerInfo(1, 360, (400_000, 500_000), alive=False), CAMERA[2])
    assert shown(allocate(1_000_000, [video("a", layers=layers)], {}, 1.0)) == "a0.1"


def test_unmet_says_what_the_next_upgrade_needs_in_all() -> None:
    wishes = [video("a", layers=SIMPLE)]
    first = allocate(500_000, wishes, {}, 1.0)
    again = allocate(500_000, wishes, kept(first), 5.0)
    assert again.total_bps == 400_000
    assert again.unmet_bps == int(750_000 * 1.15)
    assert shown(allocate(again.unmet_bps, wishes, kept(again), 9.0)) == "a1.0"
    assert allocate(9_000_000, wishes, kept(first), 9.0).unmet_bps == 0


@given(
    st.integers(-1000, 20_000_000),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1200), st.integers(0, 3)), max_size=12),
    st.integers(0, 10_000_000),
)
@settings(deadline=None)
def test_video_never_takes_more_than_the_budget(
    budget: int, wanted: list[tuple[int, int, int]], earlier: int
) -> None:
    wishes = [video(f"v{n}-", p, h, CAMERA[:layers]) for n, (p, h, layers) in enumerate(wanted)]
    before = kept(allocate(earlier, wishes, {}, 1.0))
    result = allocate(budget, wishes, before, 9.0)
    assert result.total_bps <= max(budget, 0)
    assert [choice.slot for choice in result.choices] == [wish.slot for wish in wishes]
    for wish, choice in zip(wishes, result.choices, strict=True):
        if choice.spatial > 0 and wish.height:
            assert CAMERA[choice.spatial - 1].height < wish.height * 0.85
