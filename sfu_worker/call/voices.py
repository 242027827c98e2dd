"""The voices of a room: who speaks, who is held back, whose voice is in which voice slot."""

from __future__ import annotations

from collections.abc import Callable

from sfu_worker.call.participant import Participant
from sfu_worker.call.speakers import SILENT_DBOV, SpeakerRanking
from sfu_worker.call.voice_gate import VoiceGate, place
from sfu_worker.down.slot import Slot
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack

SPEAKERS_SHOWN = 4


class Voices:
    """Applies ranking and gate to a room's ``participants``.

    ``settle(participant, slot, track, now)`` gives one slot its track.
    """

    def __init__(
        self,
        participants: dict[str, Participant],
        settle: Callable[[Participant, Slot, UpTrack | None, float], None],
    ) -> None:
        self.speakers: list[str] = []
        self._participants = participants
        self._settle = settle
        self._ranking = SpeakerRanking()
        self._gate = VoiceGate(self._ranking)

    def level(self, layer: UpLayer, dbov: int, now: float) -> None:
        """Take the audio level of the packet that ``layer`` receives next.

        If the packet opens the gate, it is let through itself.
        """
        track_id = layer.origin.id
        self._ranking.level(track_id, dbov, now)
        if not layer.metered:
            layer.metered = True
            track = self._track(track_id)
            if track is not None:
                self._apply(track)
        if dbov < SILENT_DBOV:
            changed = self._gate.loud(track_id, now)
            if changed:
                self._change(changed, now)

    def _change(self, changed: tuple[str, ...], now: float) -> None:
        for track_id in changed:
            track = self._track(track_id)
            if track is not None:
                self._apply(track)
        opened = self._track(changed[0])
        assert opened is not None
        claims: dict[str, float] = {}
        for p in self._participants.values():
            there = p.connection
            if (
                there is not None
                and there.voice_slots
                and opened.id not in there.carried
                and p.id != opened.participant
            ):
                claims = claims or self._claims()
                self._place(p, claims, now)

    def _apply(self, track: UpTrack) -> None:
        """Hold a microphone back, or open it.

        Streams are never held back: like the sound of a screen, they may be music as well as voice.
        """
        shut = (
            self._gate.crowded
            and track.id not in self._gate
            and self._participants[track.participant].kind == "call"
        )
        for layer in track.layers:
            if shut and layer.metered:
                layer.shut()
            else:
                layer.open()

    def _track(self, track_id: str) -> UpTrack | None:
        p = self._participants.get(track_id.rpartition(":")[0])
        return p.tracks.get("microphone") if p is not None else None

    # Voice slots

    def fill(self, p: Participant, now: float) -> None:
        """Fill the participant's voice slots with open voices that none of their slots carries."""
        if p.connection is not None and p.connection.voice_slots:
            self._place(p, self._claims(), now)

    def _claims(self) -> dict[str, float]:
        """The claims of all who are open.

        Streams, and microphones that send no audio levels, take the slots that nobody else needs.
        """
        claims = {track: self._gate.claim(track) for track in self._gate}
        for p in self._participants.values():
            track = p.tracks.get("microphone")
            if (
                track is not None
                and track.layers
                and not track.held
                and not (track.layers[-1].metered and p.kind == "call")
            ):
                claims.setdefault(track.id, 0.0)
        return claims

    def _place(self, p: Participant, claims: dict[str, float], now: float) -> None:
        assert p.connection is not None
        voice_slots, carried = p.connection.voice_slots, p.connection.carried
        own = f"{p.id}:microphone"
        before = ["" if slot.wanted in carried else slot.wanted for slot in voice_slots]
        after = place(
            before,
            {
                track: claim
                for track, claim in claims.items()
                if track != own and track not in carried
            },
        )
        for slot, wanted in zip(voice_slots, after, strict=True):
            if slot.wanted != wanted:
                slot.want(wanted)
                track = self._track(wanted)
                self._settle(p, slot, track, now)
                if slot.track is not None and slot.track.layers:
                    # Do not wait for the next tick: the packet in hand begins a word.
                    slot.output.aim(slot.track.layers[-1], now)

    # Timers

    def update(self, people: int, now: float) -> bool:
        """A few times a second: renew who is open. Returns whether ``speakers`` has changed."""
        ranking = self._ranking.update(now)
        changed = self._gate.count(people)
        for track_id in self._gate.update(now):
            track = self._track(track_id)
            if track is not None:
                self._apply(track)
        claims = self._claims()
        for p in self._participants.values():
            if changed and "microphone" in p.tracks:
                self._apply(p.tracks["microphone"])
            if p.connection is not None and p.connection.voice_slots:
                self._place(p, claims, now)
        if ranking is None:
            return False
        speakers = [track.rpartition(":")[0] for track in ranking[:SPEAKERS_SHOWN]]
        changed, self.speakers = speakers != self.speakers, speakers
        return changed

    def hold(self, track: UpTrack) -> None:
        """A host holds the track, or has released it: it begins as a silent one."""
        self.forget(track)
        if track.source == "microphone":
            self._apply(track)

    def forget(self, track: UpTrack) -> None:
        """The track is gone."""
        self._ranking.forget(track.id)
        self._gate.forget(track.id)
