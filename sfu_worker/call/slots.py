"""Which track and layer a slot carries: the rules, without a room around them."""

from __future__ import annotations

from collections.abc import Iterable

from sfu_worker import wire
from sfu_worker.call.participant import Participant
from sfu_worker.down.slot import Slot
from sfu_worker.up.track import UpTrack


def describe(track: UpTrack) -> wire.Track:
    """A track as the others see it."""
    return wire.Track(
        track.id, track.participant, track.source, track.kind, track.muted, track.codec
    )


def wish(slot: Slot, request: wire.SlotRequest) -> None:
    """Note what the client wants. A voice that is in a voice slot stays there when the wish is repeated."""
    slot.wish(
        request.track or "",
        max(0, request.height),
        request.priority,
        voices=request.voices and slot.kind == "audio",
    )


def settle(slot: Slot, track: UpTrack | None, now: float) -> str:
    """Subscribe a slot to the track that it wants; which layer it gets is the receiver's ``Egress.choose``.

    Returns why it is paused when that is news, else ''.
    """
    if track is None or track.kind != slot.kind:
        slot.release(now)
        return paused(slot, "unpublished" if slot.wanted else "unwanted")
    if track.layers and track.newest is not None and not slot.output.can_carry(track.newest):
        slot.release(now)
        return paused(slot, "codec")
    slot.carry(track, now)
    return ""


def paused(slot: Slot, why: str) -> str:
    """Note why a slot carries nothing; returns it when that is news, else ''."""
    return why if slot.pause(why) else ""


def publisher(people: Iterable[Participant], wanted: str) -> Participant | None:
    """Whom a WHEP viewer sees: the participant it names, or the newest one that publishes anything."""
    publishing = [p for p in people if any(t.published for t in p.tracks.values())]
    if wanted:
        return next((p for p in publishing if p.id == wanted), None)
    return publishing[-1] if publishing else None


def follow(slots: Iterable[Slot], source: Participant | None) -> None:
    """Point a viewer's first slots at a publisher: its screen before its camera, with the sound that belongs to it."""
    published = (
        {s: t.id for s, t in source.tracks.items() if t.published and not t.muted} if source else {}
    )
    wanted = {
        "video": published.get("screen") or published.get("camera") or "",
        "audio": published.get("microphone") or published.get("screen-audio") or "",
    }
    for slot in slots:
        slot.want(wanted.pop(slot.kind, ""))
