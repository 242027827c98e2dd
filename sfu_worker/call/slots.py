"""Which track a slot carries: the rules, without a room around them."""

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
    """Note what the client wants. A repeated wish leaves the voice in a voice slot where it is."""
    slot.wish(
        request.track or "",
        max(0, request.height),
        request.priority,
        voices=request.voices and slot.kind == "audio",
    )


def settle(slot: Slot, track: UpTrack | None, now: float) -> str:
    """Subscribe a slot to the track that it wants; ``Egress.choose`` picks the layer.

    Returns why the slot is paused, or '' if that is no news.
    """
    if track is None or track.kind != slot.kind:
        slot.release(now)
        return paused(slot, "unpublished" if slot.wanted else "unwanted")
    if track.held:
        # The only way for a track to anyone begins below.
        slot.release(now)
        return paused(slot, "held")
    if track.layers and track.newest is not None and not slot.output.can_carry(track.newest):
        slot.release(now)
        return paused(slot, "codec")
    slot.carry(track, now)
    return ""


def paused(slot: Slot, why: str) -> str:
    """Note why a slot carries nothing. Returns the reason, or '' if that is no news."""
    return why if slot.pause(why) else ""


def publisher(people: Iterable[Participant], wanted: str) -> Participant | None:
    """Whom a WHEP viewer watches: the participant it names, or the newest publisher."""
    publishing = [p for p in people if any(t.published for t in p.tracks.values())]
    if wanted:
        return next((p for p in publishing if p.id == wanted), None)
    return publishing[-1] if publishing else None


def follow(slots: Iterable[Slot], source: Participant | None) -> None:
    """Point a viewer's first two slots at a publisher.

    A screen comes before the camera, the microphone before the sound of the screen.
    """
    published = (
        {s: t.id for s, t in source.tracks.items() if t.published and not t.muted} if source else {}
    )
    wanted = {
        "video": published.get("screen") or published.get("camera") or "",
        "audio": published.get("microphone") or published.get("screen-audio") or "",
    }
    for slot in slots:
        slot.want(wanted.pop(slot.kind, ""))
