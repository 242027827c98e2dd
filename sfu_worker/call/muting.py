"""Who is muted: by themselves, or because a host holds their sources."""

from __future__ import annotations

from collections.abc import Callable

from sfu_worker import wire
from sfu_worker.call.participant import Participant


class Muting:
    """``tell_group(event, **fields)`` sends the room's next event."""

    def __init__(self, tell_group: Callable[..., None]) -> None:
        self._tell_group = tell_group

    def mute(self, p: Participant, source: str, muted: bool) -> None:
        """Somebody has muted or unmuted their own track."""
        track = p.tracks.get(source)
        if track is None or track.muted == muted:
            return
        track.self_muted = muted
        if track.published:
            self._tell_group(wire.TrackMuted, track=track.id, muted=muted)

    def hold(self, p: Participant, held: list[str]) -> None:
        """A host has muted or stopped some of their sources, and released the others."""
        if p.held != held:
            p.held = held
            self._tell_group(wire.ParticipantChanged, person=p.person)
