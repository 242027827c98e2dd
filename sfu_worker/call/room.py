"""A room: who is in it, what they publish, and which slot carries what. Events are numbered here."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Protocol

from sfu_worker import wire
from sfu_worker.call import arrivals, slots
from sfu_worker.call.common_codecs import CommonCodecs
from sfu_worker.call.participant import Host, Participant
from sfu_worker.call.room_meter import RoomMeter
from sfu_worker.call.voices import Voices
from sfu_worker.down.output import DownTrack
from sfu_worker.numbers import RoomNumbers
from sfu_worker.sdp import SdpError
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack

logger = logging.getLogger("sfu.room")

GONE_SECONDS = 10.0
"A track whose connection went away is unpublished after this long; a new connection brings it back before."


class Outbox(Protocol):
    """What the room needs of the bus."""

    def tell(self, reply: str, event: wire.Event) -> None: ...

    def tell_group(self, room: str, event: wire.Event) -> None: ...


class CallLog(Protocol):
    """What the room needs of the registry."""

    def call(self, room: str, epoch: str, event: str, people: int) -> None: ...


class Room:
    """One room on this worker."""

    def __init__(self, slug: str, outbox: Outbox, calls: CallLog, host: Host) -> None:
        self.slug = slug
        self.epoch = secrets.token_hex(8)
        self.n = 0
        self.started = time.time()
        self.participants: dict[str, Participant] = {}
        self.most_people = 0
        self.numbers: RoomNumbers | None = None
        "As of the last report."
        self._meter = RoomMeter(self.epoch)
        self._voices = Voices(self.participants, self._settle_slot)
        self._codecs = CommonCodecs()
        self._outbox = outbox
        self._calls = calls
        self._host = host
        self._joined_at: dict[str, float] = {}
        self._unsettled = False

    # Who is in

    @property
    def people(self) -> list[Participant]:
        """Everybody that the others see: not WHEP viewers, nor streams that have not connected yet."""
        return [p for p in self.participants.values() if p.kind != "whep" and p.arrived]

    def join(self, cmd: wire.Join, now: float) -> None:
        """Let somebody in, or back in."""
        known = self.participants.get(cmd.participant)
        if known is not None:
            self._rejoin(known, cmd)
            return
        p = Participant(cmd, self._host, self)
        if not arrivals.has_place(p, self.people, now, connected=False):
            self._outbox.tell(cmd.reply, wire.Refused("join", "room_full"))
            return
        for older in arrivals.displaced(list(self.participants.values()), p):
            self.drop(older, "replaced", now)
        self.participants[p.id] = p
        self._joined_at[p.id] = now
        if p.kind == "call":
            # People may be here without media, to read and to write.
            p.arrived_at = now
        self._outbox.tell(p.reply, self.state(p.id))
        if p.arrived:
            self._announce(p)

    def _arrive(self, p: Participant, now: float) -> None:
        """A stream or viewer has connected: now it is in, if there is a place."""
        if not arrivals.has_place(p, self.people, now, connected=True):
            if not any(arrivals.same_stream(p, other) for other in self.people):
                logger.info("- %s: the room was full when %s connected", self.slug, p.id)
                self.drop(p, "room_full", now)
            # Else it waits: an older session of its key may have ended, or goes on.
            return
        p.arrived_at = now
        self._announce(p)
        self._count_codecs(p)
        for track in p.tracks.values():
            if track.layers:
                self.first_packet(track)
        self._end_succeeded(now)

    def _end_succeeded(self, now: float) -> None:
        for old in arrivals.succeeded(self.participants.values(), now):
            logger.info("- %s: the stream %s goes on in a newer session", self.slug, old.id)
            self.drop(old, "replaced", now)

    def _announce(self, p: Participant) -> None:
        if sum(other.arrived for other in self.participants.values()) == 1:
            self._calls.call(self.slug, self.epoch, "started", 1)
        if p.kind != "whep":
            self._tell_group(wire.ParticipantJoined, person=self._person(p))
        if len(self.people) > self.most_people:
            self.most_people = len(self.people)
            self._calls.call(self.slug, self.epoch, "peak", self.most_people)

    def _rejoin(self, p: Participant, cmd: wire.Join) -> None:
        if cmd.seat != p.seat and not cmd.take:
            self._outbox.tell(cmd.reply, wire.Refused("join", "replaced"))
            return
        if p.reply != cmd.reply and p.detached_at is None:
            self._outbox.tell(p.reply, wire.Removed("replaced"))
        before = self._person(p)
        p.reply, p.seat, p.name = cmd.reply, cmd.seat, cmd.name
        p.detached_at = None
        self._permit(p, cmd.role, cmd.publish)
        if p.kind != "whep" and self._person(p) != before:
            self._tell_group(wire.ParticipantChanged, person=self._person(p))
        self.snapshot(p)

    def _permit(self, p: Participant, role: str, publish: bool) -> None:
        """Somebody who is in may do more or less than before. Whatever was taken away ends now."""
        p.role, p.publish = role, publish
        if not publish:
            now = time.monotonic()
            for track in p.silence(now):
                self._forget_track(track, now)
                if track.published:
                    track.published = False
                    self._tell_group(wire.TrackUnpublished, track=track.id)

    def snapshot(self, p: Participant) -> None:
        """Tell somebody everything."""
        self._outbox.tell(p.reply, self.state(p.id, resumed=p.transport is not None))
        self._codecs.ask_again(p.id)
        self._unsettled = True

    def state(self, you: str, *, resumed: bool = False) -> wire.RoomState:
        """Everything, as of event ``n``."""
        return wire.RoomState(
            room=self.slug,
            epoch=self.epoch,
            n=self.n,
            you=you,
            people=[self._person(p) for p in self.people],
            tracks=[
                slots.describe(t) for p in self.people for t in p.tracks.values() if t.published
            ],
            speakers=self._voices.speakers,
            resumed=resumed,
        )

    def _person(self, p: Participant) -> wire.Person:
        return wire.Person(p.id, p.name, p.role, p.kind == "whip")

    def drop(self, p: Participant, why: str, now: float) -> None:
        """The one end of a participant: transport, slots, tracks, one event. ``why`` is '' when it left by itself."""
        if self.participants.pop(p.id, None) is None:
            return
        self._joined_at.pop(p.id, None)
        self._codecs.left(p.id)
        p.drop_transport(now)
        self._meter.left(p)
        for track in p.tracks.values():
            self._forget_track(track, now)
        if why:
            self._outbox.tell(p.reply, wire.Removed(why))
        self._unsettled = True
        if not p.arrived:
            return
        if p.kind != "whep":
            self._tell_group(wire.ParticipantLeft, participant=p.id)
        if not any(other.arrived for other in self.participants.values()):
            self._calls.call(self.slug, self.epoch, "ended", self.most_people)

    def _forget_track(self, track: UpTrack, now: float) -> None:
        """Nobody gets this track any more."""
        self._voices.forget(track)
        for slot in list(track.subscribers):
            slot.release(now)

    def close(self) -> None:
        """Nobody is in it any more, and nobody will come: the next one begins another room."""
        self._voices.close()

    def detach(self, p: Participant, reply: str, now: float) -> None:
        """The WebSocket is gone; somebody else's is not."""
        if p.reply == reply:
            p.detached_at = now

    # What they send and want

    def offer(self, p: Participant, cmd: wire.Offer, now: float) -> None:
        """Answer an offer, or say why not."""
        try:
            sdp = p.answer(cmd.sdp, cmd.tracks, now)
        except SdpError as exc:
            self._outbox.tell(p.reply, wire.Refused("offer", "bad_sdp", str(exc)))
            return
        self._outbox.tell(p.reply, wire.Answer(sdp, cmd.id, p.ice_session))
        if p.arrived:
            self._count_codecs(p)

    def _count_codecs(self, p: Participant) -> None:
        """What somebody decodes counts for all who send."""
        self._codecs.offered(
            p.id, [slot.codecs for slot in p.slots.values() if slot.kind == "video"]
        )
        self._unsettled = True

    def set_slots(self, p: Participant, requests: list[wire.SlotRequest], now: float) -> None:
        """Take a participant's wishes."""
        for request in requests:
            slot = p.slots.get(request.mid)
            if slot is None:
                # Wishes for slots of an offer that is being replaced come late: they are repeated after the answer.
                continue
            slots.wish(slot, request)
        p.sort_slots()
        self._voices.fill(p, now)
        self._settle(p, self._tracks(), now)
        # Somebody's camera may have to send a larger picture again: not a moment later than the next tick.
        self._unsettled = True

    def mute(self, p: Participant, source: str, muted: bool) -> None:
        """Somebody says that its own track is muted or not."""
        track = p.tracks.get(source)
        if track is None or track.muted == muted:
            return
        track.muted = muted
        if track.published:
            self._tell_group(wire.TrackMuted, track=track.id, muted=muted)

    def _tracks(self) -> dict[str, UpTrack]:
        return {t.id: t for p in self.people for t in p.tracks.values() if t.published}

    def _settle(self, p: Participant, tracks: dict[str, UpTrack], now: float) -> None:
        """Bring a participant's slots in line with its wishes and its budget."""
        if p.follow is not None:
            slots.follow(p.slots.values(), slots.publisher(self.people, p.follow))
        for slot in p.slots.values():
            self._settle_slot(p, slot, tracks.get(slot.wanted), now)
        for slot in p.egress.choose(list(p.slots.values()), now):
            self._tell_paused(p, slot, slots.paused(slot, "bandwidth"))
        for slot in p.slots.values():
            if slot.limit != slot.told_limit and slot.layer is not None:
                self._tell_bound(p, slot, slot.layer)

    def _settle_slot(
        self, p: Participant, slot: DownTrack, track: UpTrack | None, now: float
    ) -> None:
        self._tell_paused(p, slot, slots.settle(slot, track, now))

    def _tell_paused(self, p: Participant, slot: DownTrack, why: str) -> None:
        if why:
            self._outbox.tell(p.reply, wire.SlotPaused(slot.mid, slot.wanted, why))

    def _tell_bound(self, p: Participant, slot: DownTrack, layer: UpLayer) -> None:
        slot.told_limit = slot.limit
        self._outbox.tell(p.reply, wire.SlotBound(slot.mid, layer.origin.id, layer.rid, slot.limit))

    def settle(self, now: float) -> None:
        """Do so for everybody, if something has changed that may concern everybody."""
        if self._unsettled:
            self._unsettled = False
            tracks = self._tracks()
            for p in list(self.participants.values()):
                # Nobody's camera need hurry for a viewer that may never connect.
                if p.arrived:
                    self._settle(p, tracks, now)
            # A stream sends what it sends: WHIP has no way to tell it.
            for p in (p for p in self.people if p.kind == "call"):
                for source, track in p.tracks.items():
                    rids = track.wanted_rids(now)
                    if rids is not None:
                        self._outbox.tell(p.reply, wire.LayersWanted(source, rids))
            senders = [
                p.id
                for p in self.people
                if p.kind == "call" and p.publish and p.transport is not None
            ]
            for who, names in self._codecs.news(senders):
                self._outbox.tell(self.participants[who].reply, wire.CodecsCommon(names))

    # What participants report (Audience)

    def first_packet(self, track: UpTrack) -> None:
        """A track, or a new layer of it, has begun."""
        p = self.participants.get(track.participant)
        if not track.published and p is not None and p.arrived:
            track.published = True
            self._tell_group(wire.TrackPublished, track=slots.describe(track))
        self._unsettled = True

    def level(self, layer: UpLayer, dbov: int, now: float) -> None:
        """The audio level of one packet."""
        self._voices.level(layer, dbov, now)

    def connected(self, participant: Participant) -> None:
        """Media can flow: slots that were waiting for a key frame ask again."""
        now = time.monotonic()
        logger.debug("- %s: %s connected over %s", self.slug, participant.id, participant.remote)
        if not participant.arrived:
            self._arrive(participant, now)
        for slot in participant.slots.values():
            if slot.pending is not None:
                slot.pending.request_keyframe(now)

    def disconnected(self, participant: Participant, why: str) -> None:
        """The transport has ended by itself. People may come back with a new offer; streams and viewers are over."""
        now = time.monotonic()
        logger.debug("- %s: %s lost its connection (%s)", self.slug, participant.id, why)
        if participant.kind == "call":
            participant.drop_transport(now)
        else:
            self.drop(participant, "timeout", now)

    def bound(self, participant: Participant, slot: DownTrack) -> None:
        """A slot has switched."""
        if slot.layer is None:
            return
        slot.paused_why = ""
        self._tell_bound(participant, slot, slot.layer)
        participant.report_slot(slot, time.monotonic(), self.clock_of)

    def clock_of(self, participant: str) -> int | None:
        """A sender's clock offset."""
        p = self.participants.get(participant)
        return p.clock_offset if p is not None else None

    # Timers

    def repair(self, now: float) -> None:
        """Every 25 ms."""
        self.settle(now)
        for p in list(self.participants.values()):
            if p.egress.urgent:
                self._settle(p, self._tracks(), now)
            p.repair(now)

    def feedback(self, now: float) -> None:
        """Every 50 ms."""
        for p in list(self.participants.values()):
            p.feedback()

    def choose(self, now: float) -> None:
        """Every 250 ms: speakers, and the layers that fit best by now."""
        if self._voices.update(len(self.people), now):
            self._tell_group(wire.SpeakersChanged, speakers=self._voices.speakers)
        for p in self.participants.values():
            for track in p.tracks.values():
                for layer in track.layers:
                    layer.rates.measure(now)
        for p in [p for p in self.participants.values() if not p.arrived]:
            if p.transport is not None and p.transport.connected:
                self._arrive(p, now)
        self._end_succeeded(now)
        self._unsettled = True

    def report(self, now: float) -> None:
        """Every second: RTCP reports, and who is overdue."""
        for p in list(self.participants.values()):
            p.report(now, self.clock_of)
            logger.debug("- %s: %s %s", self.slug, p.id, p.egress)
            self._retire(p, now)
        arrived = [p for p in self.participants.values() if p.arrived]
        self.numbers = self._meter.measure(arrived, now)

    def _retire(self, p: Participant, now: float) -> None:
        if p.kind == "call":
            if p.detached_at is not None and now - p.detached_at > wire.DETACHED_SECONDS:
                self.drop(p, "timeout", now)
                return
        elif not p.arrived and now - self._joined_at[p.id] > arrivals.CONNECT_SECONDS:
            self.drop(p, "timeout", now)
            return
        for track in p.tracks.values():
            since = track.silent_since
            if (
                track.published
                and not track.layers
                and since is not None
                and now - since > GONE_SECONDS
            ):
                track.published = False
                self._tell_group(wire.TrackUnpublished, track=track.id)

    def _tell_group(self, event: type, **fields: object) -> None:
        self.n += 1
        self._outbox.tell_group(
            self.slug, event(room=self.slug, epoch=self.epoch, n=self.n, **fields)
        )
