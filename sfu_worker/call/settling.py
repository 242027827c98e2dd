"""Which slot carries what: wishes, published tracks and each receiver's budget brought in line."""

from __future__ import annotations

from collections.abc import Iterator

from sfu_worker import wire
from sfu_worker.call import slots
from sfu_worker.call.common_codecs import CommonCodecs
from sfu_worker.call.outbox import Outbox
from sfu_worker.call.participant import Participant
from sfu_worker.call.voices import Voices
from sfu_worker.down.slot import Slot
from sfu_worker.up.track import UpTrack


class SlotEvents:
    """Gives slots their tracks, and tells receivers what becomes of their slots."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def settle(self, p: Participant, slot: Slot, track: UpTrack | None, now: float) -> None:
        """Give a slot its track."""
        self.paused(p, slot, slots.settle(slot, track, now))

    def paused(self, p: Participant, slot: Slot, why: str) -> None:
        """A slot carries nothing; ``why`` is '' if that is no news."""
        if why:
            self._outbox.tell(p.reply, wire.SlotPaused(slot.mid, slot.wanted, why))

    def repeat(self, p: Participant) -> None:
        """Say again what the slots carry, and why those with a wish carry nothing."""
        for slot in p.slots.values():
            if slot.layer is not None:
                self.bound(p, slot)
            elif slot.wanted and slot.paused_why != "unwanted":
                self.paused(p, slot, slot.paused_why)

    def bound(self, p: Participant, slot: Slot) -> None:
        """Tell the participant that a slot's layer, or its limit, has changed."""
        layer = slot.layer
        assert layer is not None
        bound = wire.SlotBound(slot.mid, layer.origin.id, layer.rid, slot.tell_limit())
        self._outbox.tell(p.reply, bound)


class Settling:
    """Settles the slots of a room's ``participants`` and tells everyone what concerns them.

    Set ``due`` after a change that may concern others than the participant who caused it.
    """

    def __init__(self, participants: dict[str, Participant], outbox: Outbox) -> None:
        self.due = False
        self._participants = participants
        self._outbox = outbox
        self._codecs = CommonCodecs()
        self._events = SlotEvents(outbox)
        self.voices = Voices(participants, self._events.settle)

    def take_wishes(self, p: Participant, requests: list[wire.SlotRequest], now: float) -> None:
        """Somebody wants something else in their slots."""
        if p.connection is None:
            return
        for request in requests:
            slot = p.slots.get(request.mid)
            if slot is None:
                # A late wish about an offer that is being replaced. The client repeats its wishes
                # after the answer.
                continue
            slots.wish(slot, request)
        p.connection.sort_slots()
        self.voices.fill(p, now)
        self.settle(p, now)
        # A sender may have to send a larger picture again, at the next tick.
        self.due = True

    def settle(self, p: Participant, now: float) -> None:
        """Bring one participant's slots in line with their wishes and their budget."""
        self._settle(p, self._tracks(), now)

    def settle_all(self, now: float) -> None:
        """Settle everyone if that is ``due``, and tell senders what is wanted of them."""
        if not self.due:
            return
        self.due = False
        tracks = self._tracks()
        for p in list(self._participants.values()):
            # A viewer that may never connect puts no demands on a sender.
            if p.arrived:
                self._settle(p, tracks, now)
        self._tell_senders(now)

    def bound(self, p: Participant, slot: Slot) -> None:
        """A slot has switched to another layer: tell its receiver."""
        if slot.layer is not None:
            slot.pause("")
            self._events.bound(p, slot)

    # Codecs

    def count_codecs(self, p: Participant) -> None:
        """Note which codecs the participant decodes: every sender must know."""
        self._codecs.offered(
            p.id, [slot.output.line.codecs for slot in p.slots.values() if slot.kind == "video"]
        )
        self.due = True

    def repeat(self, p: Participant) -> None:
        """Somebody may have missed what they were told."""
        self._codecs.ask_again(p.id)
        self._events.repeat(p)
        for source, track in p.tracks.items():
            if track.told_rids is not None:
                self._outbox.tell(p.reply, wire.LayersWanted(source, track.told_rids))
        self.due = True

    def hold(self, track: UpTrack, held: bool, now: float) -> None:
        """Take a track from everyone, or give it back at the next tick."""
        track.hold(held, now)
        self.voices.hold(track)
        self.due = True

    def left(self, p: Participant) -> None:
        """Somebody has left the room."""
        self._codecs.left(p.id)
        self.due = True

    # Inside

    def _people(self) -> Iterator[Participant]:
        return (p for p in self._participants.values() if p.visible)

    def _tracks(self) -> dict[str, UpTrack]:
        return {t.id: t for p in self._people() for t in p.tracks.values() if t.published}

    def _settle(self, p: Participant, tracks: dict[str, UpTrack], now: float) -> None:
        if p.connection is None:
            return
        if p.follow is not None:
            slots.follow(p.slots.values(), slots.publisher(self._people(), p.follow))
        for slot in p.slots.values():
            self._events.settle(p, slot, tracks.get(slot.wanted), now)
        for slot in p.connection.egress.choose(list(p.slots.values()), now):
            self._events.paused(p, slot, slots.paused(slot, "bandwidth"))
        for slot in p.slots.values():
            if slot.limit != slot.told_limit and slot.layer is not None:
                self._events.bound(p, slot)

    def _tell_senders(self, now: float) -> None:
        # Not to streams: WHIP has no way to tell them.
        callers = [p for p in self._people() if p.kind == "call"]
        for p in callers:
            for source, track in p.tracks.items():
                rids = track.wanted_rids(now)
                if rids is not None:
                    self._outbox.tell(p.reply, wire.LayersWanted(source, rids))
        senders = [p.id for p in callers if p.publish and p.connection is not None]
        for who, names in self._codecs.news(senders):
            self._outbox.tell(self._participants[who].reply, wire.CodecsCommon(names))
