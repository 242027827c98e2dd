"""What a host's decision makes of a grant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from rooms.entry.access import Refusal
from rooms.entry.decided import apply, was_admitted
from rooms.roles import Grant, Role

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Decision:
    role: str = ""
    held_microphone: int = 0
    held_camera: int = 0
    held_screen: int = 0
    may_speak: bool = False
    admitted: str = ""
    changed: datetime = NOW


@dataclass(frozen=True)
class Room:
    mics_held: bool = False


SPEAKER = Grant(Role.SPEAKER)
BOUND = frozenset({"microphone"})


@pytest.mark.parametrize(
    ("room", "verdict", "decision", "expected"),
    [
        (Room(), SPEAKER, None, SPEAKER),
        (Room(), Refusal.removed, Decision(role="owner"), Refusal.removed),
        (Room(), SPEAKER, Decision(role="listener"), Grant(Role.LISTENER)),
        (Room(), SPEAKER, Decision(admitted="refused"), Refusal.not_admitted),
        (Room(), SPEAKER, Decision(held_camera=3), Grant(Role.SPEAKER, {"camera": 3})),
        (Room(True), SPEAKER, None, Grant(Role.SPEAKER, {"microphone": 0}, BOUND)),
        (
            Room(True),
            SPEAKER,
            Decision(held_microphone=2),
            Grant(Role.SPEAKER, {"microphone": 2}, BOUND),
        ),
        (Room(True), SPEAKER, Decision(may_speak=True), SPEAKER),
        (Room(True), SPEAKER, Decision(role="moderator"), Grant(Role.MODERATOR)),
        # Owners may mute each other, and that is all.
        (
            Room(True),
            Grant(Role.OWNER),
            Decision(role="listener", admitted="refused", held_microphone=1),
            Grant(Role.OWNER, {"microphone": 1}),
        ),
    ],
)
def test_what_a_decision_makes_of_a_grant(
    room: Room, verdict: Grant | Refusal, decision: Decision | None, expected: Grant | Refusal
) -> None:
    assert apply(room, verdict, decision) == expected


def test_an_admission_lasts_longer_than_any_call_and_not_for_ever() -> None:
    admitted = Decision(admitted="admitted")
    assert was_admitted(admitted, NOW + timedelta(hours=12))
    assert was_admitted(admitted, NOW - timedelta(hours=1))
    assert not was_admitted(admitted, NOW + timedelta(hours=14))
    assert not was_admitted(Decision(admitted="refused"), NOW)
    assert not was_admitted(None, NOW)


def test_a_held_screen_is_silent_too() -> None:
    grant = Grant(Role.SPEAKER, {"screen": 1, "microphone": 2})
    assert grant.silenced == ["microphone", "screen", "screen-audio"]
