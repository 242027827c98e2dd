"""The messages by which hosts run a call, and the reactions of everyone.

Each names what should be, so sending one again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Held = Literal["microphone", "camera", "screen"]
Kind = Literal["thumbs_up", "heart", "laugh", "clap", "party"]

REACTIONS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Hold:
    """Mute another person, or stop their camera or screen. There is no way to unmute anyone."""

    participant: str
    source: Held


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask another person to start a source again, which only they can do."""

    participant: str
    source: Held


@dataclass(frozen=True, slots=True)
class MuteAll:
    """Mute everyone but the hosts. ``keep``: they may not unmute themselves."""

    keep: bool = False


@dataclass(frozen=True, slots=True)
class LetSpeak:
    """Everyone may unmute themselves again."""


@dataclass(frozen=True, slots=True)
class Lock:
    locked: bool


@dataclass(frozen=True, slots=True)
class EndCall:
    """End the call for everyone."""


@dataclass(frozen=True, slots=True)
class SetRole:
    participant: str
    role: Literal["moderator", "speaker", "listener"]


@dataclass(frozen=True, slots=True)
class Rename:
    """Name a guest who gave no name."""

    participant: str
    name: str


@dataclass(frozen=True, slots=True)
class LowerHand:
    participant: str


@dataclass(frozen=True, slots=True)
class Admit:
    """Let somebody in from the waiting room; without a ``participant`` everyone who waits."""

    participant: str = ""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not let somebody in from the waiting room, now or later."""

    participant: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """From everyone, to everyone."""

    kind: Kind


HostMessage = (
    Hold | Ask | MuteAll | LetSpeak | Lock | EndCall | SetRole | Rename | LowerHand | Admit | Refuse
)
