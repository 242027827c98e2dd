"""What an offer leads to: directions, sources, SSRCs that stay. Recorded offers."""

from __future__ import annotations

import pytest

from sfu_worker.call.negotiation import MAX_SLOTS, Sender, Terms, agree, read_offer
from sfu_worker.light_client import Plan
from sfu_worker.light_client.offer import build_offer
from sfu_worker.sdp import SdpError

SOURCES = {"0": "microphone", "1": "camera"}
CALLER = Sender("call", publish=True)


def offer_with(pairs: int = 1, voices: int = 0) -> str:
    return build_offer("ufrag", "p" * 22, ":".join(["5A"] * 32), Plan(), pairs, voices).sdp


def terms(
    sender: Sender = CALLER,
    sources: dict[str, str] | None = None,
    pairs: int = 1,
    ssrcs: dict[str, tuple[int, int | None]] | None = None,
) -> Terms:
    offer = read_offer(sender.kind, offer_with(pairs))
    return agree(sender, offer, SOURCES if sources is None else sources, ssrcs or {})


def directions(found: Terms) -> list[str]:
    return [m.direction for m in found.media]


def test_each_m_line_is_answered_the_other_way_round() -> None:
    assert directions(terms()) == ["recvonly", "recvonly", "sendonly", "sendonly"]


def test_a_listener_may_receive_only() -> None:
    listener = Sender("call", publish=False)
    found = terms(listener, {})
    assert directions(found) == ["inactive", "inactive", "sendonly", "sendonly"]


def test_an_m_line_without_a_source_is_inactive() -> None:
    found = terms(sources={"0": "microphone"})
    assert directions(found)[:2] == ["recvonly", "inactive"]
    assert found.media[1].ssrc is None


def test_slots_that_stay_open_keep_their_ssrcs() -> None:
    slot = terms().media[3]
    kept = terms(ssrcs={slot.mid: (7, 8)}).media[3]
    assert (kept.ssrc, kept.rtx_ssrc) == (7, 8)
    assert slot.ssrc not in (None, 7)


def test_a_streams_sources_follow_from_its_m_lines() -> None:
    found = terms(Sender("whip", publish=True), {}, pairs=0)
    assert found.sources == {"0": "microphone", "1": "camera"}


def test_a_viewer_sends_nothing_whatever_it_offers() -> None:
    assert "recvonly" not in directions(terms(Sender("whep", publish=False), {}))


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        ({"0": "microphone", "1": "microphone"}, "two m-lines name the same source"),
        ({"0": "camera"}, "does not fit"),
        ({"0": "kitchen"}, "does not fit"),
    ],
)
def test_sources_that_do_not_fit_the_m_lines_are_refused(sources: dict[str, str], why: str) -> None:
    with pytest.raises(SdpError, match=why):
        terms(sources=sources)


def test_more_slots_than_anyone_needs_are_refused() -> None:
    assert directions(terms(pairs=MAX_SLOTS // 2)).count("sendonly") == MAX_SLOTS
    with pytest.raises(SdpError, match="more than 80 slots"):
        terms(pairs=MAX_SLOTS // 2 + 1)
