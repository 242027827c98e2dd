"""The light client's offer is one that the worker accepts."""

from __future__ import annotations

import itertools

import pytest

from sfu_worker import sdp
from sfu_worker.light_client.offer import EXTENSIONS, build_offer, pick_candidate
from sfu_worker.light_client.sending import Plan

FINGERPRINT = ":".join(["AB"] * 32)


def offer(plan: Plan, pairs: int = 0, voices: int = 0) -> tuple[sdp.Offer, list[sdp.AnsweredMedia]]:
    lines = build_offer("abcd", "p" * 24, FINGERPRINT, plan, pairs, voices)
    parsed = sdp.parse_offer(lines.sdp)
    return parsed, sdp.answer_media(parsed, itertools.count(1000).__next__)


def test_every_m_line_is_answered_in_the_direction_that_fits() -> None:
    parsed, answered = offer(Plan(), pairs=2, voices=1)
    assert [(m.kind, m.direction) for m in answered] == [
        ("audio", "recvonly"),
        ("video", "recvonly"),
        *[("audio", "sendonly"), ("video", "sendonly")] * 2,
        ("audio", "sendonly"),
    ]
    assert not any(m.rejected for m in answered)
    assert parsed.bundle == [m.mid for m in answered]
    assert parsed.media[0].extensions == EXTENSIONS


def test_the_mids_of_the_lines_are_those_of_the_text() -> None:
    lines = build_offer("abcd", "p" * 24, FINGERPRINT, Plan(), 1, 2)
    kinds = {m.mid: m.kind for m in sdp.parse_offer(lines.sdp).media}
    assert lines.mids == {"microphone": "0", "camera": "1"}
    assert [(kinds[audio], kinds[video]) for audio, video in lines.slots] == [("audio", "video")]
    assert [kinds[mid] for mid in lines.voices] == ["audio", "audio"]


def test_simulcast_is_offered_for_the_camera_alone() -> None:
    plan = Plan(sources=("camera", "screen"), rids=("hi", "lo"))
    parsed, answered = offer(plan)
    assert [m.simulcast for m in parsed.media] == [["hi", "lo"], []]
    assert answered[0].rids == ["hi", "lo"]


def test_the_best_candidate_of_a_kind_is_picked() -> None:
    candidates = sdp.candidates(["192.0.2.1", "192.0.2.2"], 5000)
    assert pick_candidate(candidates[::-1], tcp=False) == ("192.0.2.1", 5000)
    assert pick_candidate(candidates, tcp=True) == ("192.0.2.1", 5000)
    with pytest.raises(ConnectionError, match="tcp"):
        pick_candidate(candidates[:2], tcp=True)
