"""The parts that messages are made of: sources, people, tracks, slot requests, and the limits."""

from __future__ import annotations

import typing
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

Source = Literal["microphone", "camera", "screen", "screen-audio"]
SOURCES: tuple[str, ...] = typing.get_args(Source)
AUDIO_SOURCES = ("microphone", "screen-audio")
VIDEO_SOURCES = ("camera", "screen")

# How a participant takes part: from the call page, as a stream (WHIP) or as a viewer (WHEP).
Kind = Literal["call", "whip", "whep"]

# Held with another source: a screen and its sound are one share.
_HELD_WITH = {"screen-audio": "screen"}

# A larger SDP is refused before it is parsed. Chromium offers 3 KB for each pair of slots:
# 45 KB with 12 pairs, 80 KB with 24.
MAX_SDP_BYTES = 128 * 1024

# A larger trickle ICE fragment is refused. A candidate has some 150 bytes, a host a dozen of them.
MAX_FRAGMENT_BYTES = 16 * 1024

# A participant without a WebSocket is kept for so long while the client reconnects.
DETACHED_SECONDS = 15.0


def is_held(source: str, held: Collection[str]) -> bool:
    """Whether a host holds this source. ``held`` is as in ``Person``."""
    return source in held or _HELD_WITH.get(source) in held


class WireError(ValueError):
    """A message that does not belong to this protocol."""


@dataclass(frozen=True, slots=True)
class Track:
    """A published track.

    ``kind`` is ``audio`` or ``video``. ``muted``: by its sender, or because a host holds it.
    ``codec`` is a name such as ``VP8``, empty until the first packet.
    """

    id: str
    participant: str
    source: str
    kind: str
    muted: bool = False
    codec: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A participant as the others see them.

    ``role`` is ``owner``, ``moderator``, ``speaker`` or ``listener``. ``stream`` is true for WHIP.
    ``link`` is the address of their own site, and ``photo`` a path of ours; both may be empty.
    ``hand`` is 0 while their hand is down. Of two raised hands, the lower number was first.
    ``held`` are the sources that a host has muted or stopped, in the order of ``SOURCES``;
    ``screen`` covers ``screen-audio`` as well. Nothing of them is forwarded. ``unnamed``: they gave
    no name.
    """

    id: str
    name: str
    role: str
    stream: bool = False
    link: str = ""
    photo: str = ""
    hand: int = 0
    held: list[str] = field(default_factory=list)
    unnamed: bool = False


@dataclass(frozen=True, slots=True)
class SlotRequest:
    """What a client wants in a slot.

    ``track`` is None to empty the slot. ``height`` is in device pixels, 0 for as large as there is.
    Slots with a higher ``priority`` get bandwidth first.

    With ``voices`` (and ``track`` None) an audio slot becomes a voice slot: the worker fills it
    with whoever speaks and is in no other slot of this client, and reports each voice with
    ``SlotBound``.
    """

    mid: str
    track: str | None
    height: int = 0
    priority: int = 0
    voices: bool = False
