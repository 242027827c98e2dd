"""What the hosts' decisions make of a grant. Pure: rows in, a grant out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from rooms.entry.access import Refusal
from rooms.models import Admitted
from rooms.roles import HELD, Grant, Role

# How long an admission from the waiting room is good: longer than any call.
ADMITTED_FOR = timedelta(hours=13)


class Decided(Protocol):
    """What is read of a ``Decision``."""

    @property
    def role(self) -> str: ...
    @property
    def held_microphone(self) -> int: ...
    @property
    def held_camera(self) -> int: ...
    @property
    def held_screen(self) -> int: ...
    @property
    def may_speak(self) -> bool: ...
    @property
    def admitted(self) -> str: ...
    @property
    def changed(self) -> datetime: ...


class Held(Protocol):
    """What is read of a room."""

    @property
    def mics_held(self) -> bool: ...


def apply(room: Held, verdict: Grant | Refusal, decision: Decided | None) -> Grant | Refusal:
    """The grant with the role that a host gave, and with what is held."""
    if isinstance(verdict, Refusal):
        return verdict
    if verdict.role == Role.OWNER:
        # Another owner may have muted them. Nobody takes their role, or keeps them out.
        return replace(verdict, held=numbers(decision))
    if decision is not None and decision.admitted == Admitted.REFUSED:
        return Refusal.not_admitted
    role = Role(decision.role) if decision is not None and decision.role else verdict.role
    grant = Grant(role)
    held = numbers(decision)
    if not room.mics_held or grant.moderate or (decision is not None and decision.may_speak):
        return replace(grant, held=held)
    bound = {"microphone": held.get("microphone", 0), **held}
    return replace(grant, held=bound, bound=frozenset({"microphone"}))


def numbers(decision: Decided | None) -> Mapping[str, int]:
    """The held sources of one person, each with the number of the host's act."""
    if decision is None:
        return {}
    found = {source: int(getattr(decision, f"held_{source}")) for source in HELD}
    return {source: number for source, number in found.items() if number}


def was_admitted(decision: Decided | None, now: datetime) -> bool:
    """Whether a host has let them in from the waiting room, and that still counts."""
    if decision is None or decision.admitted != Admitted.ADMITTED:
        return False
    # The time lies ahead of ours if our clock was put back.
    return abs(now - decision.changed) < ADMITTED_FOR
