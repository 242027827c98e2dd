"""What a receiver gets when its link is wide, narrow, silent or full."""

from __future__ import annotations

import pytest

from sfu_worker.down.egress import BLIND_SECONDS
from sfu_worker.down.output import Line
from sfu_worker.down.slot import Slot
from sfu_worker.rtp.dependency import ALL_TEMPORAL
from tests.sfu_worker.builders.streams import (
    RATES,
    VP8,
    Source,
    Wire,
    believes,
    camera,
    receiver,
    video_track,
)


@pytest.mark.parametrize(("rate", "rid"), [(200_000, "q"), (700_000, "h"), (5_000_000, "f")])
def test_the_layer_follows_the_link(rate: int, rid: str) -> None:
    _, slot, _, egress = camera(RATES)
    believes(egress, rate)
    assert egress.choose([slot], 10.1) == []
    assert slot.output.pending is not None
    assert slot.output.pending.rid == rid


def test_a_link_that_takes_nothing_pauses_the_picture_and_says_so() -> None:
    _, slot, _, egress = camera(RATES)
    believes(egress, 100_000)
    assert egress.choose([slot], 10.1) == [slot]
    assert slot.output.pending is None
    assert egress.unmet > 2_500_000


def test_a_picture_that_could_be_better_says_what_keeps_it_down() -> None:
    _, slot, _, egress = camera(RATES)
    for rate, limit in ((700_000, "bandwidth"), (5_000_000, ""), (100_000_000, "")):
        believes(egress, rate)
        egress.choose([slot], 10.1)
        assert slot.limit == limit, rate


def test_sound_comes_off_the_budget_first() -> None:
    _, slot, _, egress = camera(RATES)
    believes(egress, 520_000)
    voice = Source(video_track("b"), 9)
    voice.layer.rates.rates = (60_000,)
    sound = Slot("5", Line("audio", 1, None, [VP8]), receiver(Wire()), lambda _: None)
    sound.output.aim(voice.layer, 9.0)
    voice.send(9.0, key=True)
    egress.choose([slot, sound], 10.1)
    assert slot.output.pending is not None
    assert slot.output.pending.rid == "q"


def test_who_never_says_anything_is_not_limited() -> None:
    sources, slot, _, egress = camera(RATES)
    egress.choose([slot], 10.0)
    assert slot.output.pending is not None
    assert slot.output.pending.rid == "q"
    egress.tick([slot], 10.1)
    assert egress.limited(10.2)
    for source in sources:
        source.layer.last_at = 10.2 + BLIND_SECONDS
    egress.choose([slot], 10.2 + BLIND_SECONDS)
    assert slot.output.pending is not None
    assert slot.output.pending.rid == "f"


def test_a_narrower_link_keeps_the_picture_with_fewer_temporal_layers() -> None:
    sources, slot, _, egress = camera(RATES)
    sources[2].layer.rates.rates = (1_000_000, 1_500_000, 2_500_000)
    believes(egress, 20_000_000)
    egress.choose([slot], 10.1)
    assert slot.output.max_temporal == ALL_TEMPORAL
    sources[2].send(10.15, key=True)
    assert slot.layer is sources[2].layer
    believes(egress, 1_700_000)
    egress.choose([slot], 10.2)
    assert slot.output.pending is None
    assert (slot.layer.rid, slot.output.max_temporal) == ("f", 1)


def test_a_probe_is_padding_where_nothing_is_bound() -> None:
    """Nothing fits into the first estimate and nothing was ever sent.

    Then only a probe can show that there is more.
    """
    _, slot, wire, egress = camera({"q": 6000})
    egress.choose([slot], 10.1)
    for i in range(8):
        egress.tick([slot], 10.2 + i * 0.025)
    assert len(wire.sent) > 3
    assert all(data[0] == 0xB0 and data[-1] == 255 for data in wire.sent)
