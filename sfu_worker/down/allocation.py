"""Which layer each video slot of a receiver gets out of its budget. Pure.

Rates are in bit/s, heights in pixels. Audio is taken off the budget before: see ``egress``.

The highest priority class comes first. Within a class everyone's lowest layer comes before anyone's
second. Then each slot goes up one step in turn, spatial before temporal: a larger picture is seen
at once, and dropping temporal layers makes use of what is left of a short budget. Slots go down at
once, and up with a margin and after a while, so that layers do not flap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sfu_worker.up.track import LAYER_FITS

# An upgrade must fit by this factor of its own rate: the estimate moves by some 10 % from second to
# second.
UP_MARGIN = 1.15
# The same for more frames of the same picture: that costs no key frame, and is taken back as
# easily.
TEMPORAL_MARGIN = 1.05
# Seconds for which frames are dropped to keep a picture; a link that stays narrow gets the smaller
# one with all its frames.
FEWER_FRAMES = 5.0
# Seconds after a step down until a slot may go up again. In less time a step gains less than its
# key frame costs.
HOLD = 1.0

Reason = Literal["", "bandwidth", "inactive"]


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A spatial layer as it is sent.

    ``bitrates`` are the sums up to each temporal layer: (T0, T0+T1, ...), at least one.
    """

    index: int
    height: int
    bitrates: tuple[int, ...]
    alive: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What one slot wants. Higher ``priority`` is a higher class.

    ``height`` 0 is as large as there is.
    """

    slot: str
    priority: int
    height: int
    layers: tuple[LayerInfo, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What one slot gets: the index of a spatial layer, and its highest temporal layer.

    -1 is nothing. ``reason`` says why the slot gets no more.
    """

    slot: str
    spatial: int
    temporal: int
    bitrate: int
    reason: Reason = ""
    # When it last had to go down.
    lowered_at: float = -HOLD


@dataclass(frozen=True, slots=True)
class Allocation:
    """What all slots get.

    ``unmet_bps`` is what the receiver would need for the next upgrade, with its margin; 0 when
    every slot has what it wants.
    """

    choices: tuple[Choice, ...]
    total_bps: int
    unmet_bps: int


@dataclass(frozen=True, slots=True)
class _Step:
    spatial: int
    temporal: int
    bitrate: int


@dataclass(slots=True)
class _Slot:
    wish: Wish
    steps: list[_Step]
    before: Choice | None
    free: bool
    # Index of the step that it has had until now, -1 for none. The bitrate would not do: it is
    # measured, and wavers while the step stays the same.
    held: int
    at: int = -1
    # The next step does not fit, or may not be taken yet.
    stuck: bool = False

    @property
    def bitrate(self) -> int:
        return self.steps[self.at].bitrate if self.at >= 0 else 0

    @property
    def at_top(self) -> bool:
        return self.at + 1 >= len(self.steps)

    def cost(self) -> int:
        """bit/s that the next step must find free, with its margin."""
        return int(self.steps[self.at + 1].bitrate * self._margin()) - self.bitrate

    def _margin(self) -> float:
        """The factor by which the next step must fit.

        It is 1 (no margin) for what the slot has already, and for something instead of nothing: a
        paused picture helps no one.
        """
        if self.at < 0 or self.before is None or self.before.spatial < 0:
            return 1.0
        if self.at < self.held:
            return 1.0
        return (
            TEMPORAL_MARGIN if self.steps[self.at + 1].spatial == self.before.spatial else UP_MARGIN
        )

    def may_rise(self) -> bool:
        return self.free or self.at < self.held or self.at < 0 or self.before is None


def allocate(
    budget_bps: int, wishes: list[Wish], previous: Mapping[str, Choice], now: float
) -> Allocation:
    """Share ``budget_bps`` among the slots.

    ``previous`` has the last choice of each slot by its id.
    """
    slots = [_slot(wish, previous.get(wish.slot), now) for wish in wishes]
    unmet = _upgrade(budget_bps, slots)
    choices = tuple(_choose(slot, now) for slot in slots)
    total = sum(choice.bitrate for choice in choices)
    return Allocation(choices, total, total + unmet if unmet else 0)


def _upgrade(left: int, slots: list[_Slot]) -> int:
    """Upgrade the slots, the highest class first.

    Returns what the cheapest next step costs in the first class that lacks one; 0 when every slot
    has what it wants.
    """
    unmet = 0
    for priority in sorted({slot.wish.priority for slot in slots}, reverse=True):
        group = [slot for slot in slots if slot.wish.priority == priority]
        left = _share(left, group)
        costs = [slot.cost() for slot in group if not slot.at_top]
        if costs and not unmet:
            unmet = min(costs)
    return unmet


def _slot(wish: Wish, before: Choice | None, now: float) -> _Slot:
    steps = _steps(wish, before, now)
    return _Slot(
        wish, steps, before, before is None or now - before.lowered_at >= HOLD, _held(steps, before)
    )


def _held(steps: list[_Step], before: Choice | None) -> int:
    """The index of the last choice among the current steps, -1 for none.

    If it is gone, the most expensive step that costs no more takes its place.
    """
    if before is None or before.spatial < 0:
        return -1
    same = [
        i
        for i, step in enumerate(steps)
        if (step.spatial, step.temporal) == (before.spatial, before.temporal)
    ]
    return same[0] if same else sum(step.bitrate <= before.bitrate for step in steps) - 1


def _steps(wish: Wish, before: Choice | None, now: float) -> list[_Step]:
    """The ladder: each spatial layer that is wanted and sent, with its temporal layers.

    Frames are dropped to keep a picture for a while, not to get a larger one: a
    receiver of the smaller one with all its frames would pay a key frame for fewer of them. Only
    the smallest picture goes below half of its frames: less is a row of stills.
    """
    steps: list[_Step] = []
    for place, layer in enumerate(_wanted(wish)):
        least = _fewest_frames(layer, before, now) if place else 0
        for temporal, bitrate in enumerate(layer.bitrates):
            if temporal < least:
                continue
            while steps and steps[-1].bitrate >= bitrate:
                # A larger picture for no more bits replaces the step.
                steps.pop()
            steps.append(_Step(layer.index, temporal, bitrate))
    return steps


def _wanted(wish: Wish) -> list[LayerInfo]:
    """The layers that are sent, the smallest first, up to the height that is wanted."""
    alive = sorted(
        (layer for layer in wish.layers if layer.alive),
        key=lambda layer: (layer.height, layer.bitrates[-1]),
    )
    if not wish.height:
        return alive
    wanted: list[LayerInfo] = []
    for layer in alive:
        if wanted and wanted[-1].height >= wish.height * LAYER_FITS:
            break
        wanted.append(layer)
    if len(wanted) > 1 and wanted[-1].height > wish.height / LAYER_FITS:
        # Never more than is wanted, except when the smallest is too large already.
        wanted.pop()
    return wanted


def _fewest_frames(layer: LayerInfo, before: Choice | None, now: float) -> int:
    """The lowest temporal layer in which a picture is sent, unless it is the smallest picture."""
    top = len(layer.bitrates) - 1
    if before is None or layer.index != before.spatial:
        return top
    keeps = before.temporal >= top or now - before.lowered_at < FEWER_FRAMES
    return top - 1 if keeps else top


def _share(left: int, group: list[_Slot]) -> int:
    """Upgrade the slots of a class in turn until nothing fits; returns what is left."""
    while rising := [slot for slot in group if not slot.stuck and not slot.at_top]:
        lowest = min(slot.at for slot in rising)
        for slot in rising:
            if slot.at != lowest:
                continue
            if slot.may_rise() and slot.cost() <= left:
                left += slot.bitrate
                slot.at += 1
                left -= slot.bitrate
            else:
                slot.stuck = True
    return left


def _choose(slot: _Slot, now: float) -> Choice:
    before = slot.before
    lowered_at = now if slot.at < slot.held else before.lowered_at if before is not None else -HOLD
    if slot.at < 0:
        return Choice(
            slot.wish.slot, -1, -1, 0, "bandwidth" if slot.steps else "inactive", lowered_at
        )
    step = slot.steps[slot.at]
    reason: Reason = "" if slot.at_top else "bandwidth"
    return Choice(slot.wish.slot, step.spatial, step.temporal, step.bitrate, reason, lowered_at)
