"""Who is muted: by themselves, or because a host holds their sources."""

from __future__ import annotations

from collections.abc import Callable

from sfu_worker import wire
from sfu_worker.call.participant import Participant
from sfu_worker.call.settling import Settling
from sfu_worker.up.track import UpTrack


class Muting:
    """``tell_group(event, **fields)`` sends the room's next event."""

    def __init__(self, settling: Settling, tell_group: Callable[..., None]) -> None:
        self._settling = settling
        self._tell_group = tell_group

    def mute(self, p: Participant, source: str, muted: bool) -> None:
        """Somebody has muted or unmuted their own track."""
        track = p.tracks.get(source)
        if track is not None:
            before = track.muted
            track.self_muted = muted
            self._tell(track, before)

    def hold(self, p: Participant, held: list[str], now: float) -> None:
        """A host has muted or stopped some of their sources, and released the others."""
        if p.held != held:
            p.held = held
            self._tell_group(wire.ParticipantChanged, person=p.person)
        self.settle(p, now)

    def settle(self, p: Participant, now: float) -> None:
        """Bring their tracks in line with what is held, after a join or an offer."""
        for track in p.tracks.values():
            held = wire.is_held(track.source, p.held)
            if track.held != held:
                before = track.muted
                self._settling.hold(track, held, now)
                self._tell(track, before)

    def _tell(self, track: UpTrack, before: bool) -> None:
        if track.published and track.muted != before:
            self._tell_group(wire.TrackMuted, track=track.id, muted=track.muted)
