"""A room: who is in it and what they publish. Its events are numbered here."""

from __future__ import annotations

import dataclasses
import logging
import secrets
import time
from collections.abc import Callable
from typing import Protocol

from sfu_worker import wire
from sfu_worker.call import arrivals, slots
from sfu_worker.call.connection import Host
from sfu_worker.call.muting import Muting
from sfu_worker.call.outbox import Bus, Outbox
from sfu_worker.call.participant import Participant
from sfu_worker.call.presence import Leases
from sfu_worker.call.room_meter import RoomMeter
from sfu_worker.call.settling import Settling
from sfu_worker.down.slot import Slot
from sfu_worker.numbers import RoomNumbers
from sfu_worker.sdp import SdpError
from sfu_worker.up.layer import UpLayer
from sfu_worker.up.track import UpTrack

logger = logging.getLogger("sfu.room")

# A track whose connection went away is unpublished after so many seconds, unless a new connection
# brings it back.
GONE_SECONDS = 10.0

# A retired room ends after so many seconds. By then its people are connected elsewhere, or have
# tried and failed.
RETIRED_SECONDS = 10.0


class CallLog(Protocol):
    """What the room needs of the registry."""

    def call(self, room: str, epoch: str, event: str, people: int) -> None: ...


class Room:
    """One room on this worker, which has held it since the fence ``born``."""

    def __init__(
        self,
        slug: str,
        born: int,
        bus: Bus,
        calls: CallLog,
        host: Host,
        leases: Leases | None = None,
    ) -> None:
        self.slug = slug
        self.born = born
        self.epoch = secrets.token_hex(8)
        self.n = 0
        self.started = time.time()
        self.participants: dict[str, Participant] = {}
        self.most_people = 0
        # As of the last report.
        self.numbers: RoomNumbers | None = None
        self._meter = RoomMeter(self.epoch)
        self._outbox = Outbox(bus, slug, born)
        self._settling = Settling(self.participants, self._outbox)
        self._calls = calls
        self._host = host
        self._leases = leases or Leases()
        self._joined_at: dict[str, float] = {}
        # When another worker was found to hold the room.
        self._retired_at: float | None = None

    @property
    def muting(self) -> Muting:
        """Made anew each time: if it were kept, it would hold the room, and the room it."""
        return Muting(self._settling, self._tell_group)

    # Who is in

    @property
    def fence(self) -> int:
        """Of the claim under which the worker holds the room now. It only grows."""
        return self._outbox.fence

    @fence.setter
    def fence(self, fence: int) -> None:
        self._outbox.fence = max(fence, self._outbox.fence)

    @property
    def channels(self) -> dict[str, str]:
        """The reply channel of everyone who is in from a call page, by participant."""
        return {p.id: p.reply for p in self.participants.values() if p.kind == "call"}

    @property
    def people(self) -> list[Participant]:
        """Everyone whom the others see: not WHEP viewers, nor streams that have not connected."""
        return [p for p in self.participants.values() if p.visible]

    def join(self, cmd: wire.Join, now: float) -> None:
        """Let somebody in, or back in."""
        known = self.participants.get(cmd.participant)
        if known is not None:
            self._rejoin(known, cmd, now)
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
        """A stream or viewer has connected: they are in now, if there is a place."""
        if not arrivals.has_place(p, self.people, now, connected=True):
            if not any(arrivals.same_stream(p, other) for other in self.people):
                logger.info("- %s: the room was full when %s connected", self.slug, p.id)
                self.drop(p, "room_full", now)
            # Otherwise it waits: an older session of its key may have ended, or may go on.
            return
        p.arrived_at = now
        self._announce(p)
        self._settling.count_codecs(p)
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
            self._record("started", 1)
        if p.kind != "whep":
            self._tell_group(wire.ParticipantJoined, person=p.person)
        if len(self.people) > self.most_people:
            self.most_people = len(self.people)
            self._record("peak", self.most_people)

    def _rejoin(self, p: Participant, cmd: wire.Join, now: float) -> None:
        another = cmd.seat != p.seat
        if not cmd.take if another else cmd.socket < p.socket:
            self._outbox.tell(cmd.reply, wire.Refused("join", "replaced"))
            return
        # The same page may come by another socket while its old one still lingers.
        if another and not p.detached:
            self._outbox.tell(p.reply, wire.Removed("replaced"))
        before = p.person
        p.reply = cmd.reply
        p.introduce(cmd)
        p.detached = False
        self._permit(p, cmd.role, cmd.publish)
        if p.kind != "whep" and p.person != before:
            self._tell_group(wire.ParticipantChanged, person=p.person)
        self.muting.settle(p, now)
        self.snapshot(p)

    def silence(self, p: Participant, role: str) -> None:
        """Somebody without a page may not publish any more."""
        if p.publish:
            self._permit(p, role, False)
            self._tell_group(wire.ParticipantChanged, person=p.person)

    def _permit(self, p: Participant, role: str, publish: bool) -> None:
        """Somebody may do more or less from now on. Media that is no longer allowed ends now."""
        p.role, p.publish = role, publish
        if not publish:
            now = time.monotonic()
            for track in p.silence(now):
                self._forget_track(track, now)
                if track.published:
                    self._unpublish(track)

    def snapshot(self, p: Participant) -> None:
        """Tell somebody everything."""
        self._outbox.tell(p.reply, self.state(p.id, resumed=p.connection is not None))
        self._settling.repeat(p)

    def state(self, you: str, *, resumed: bool = False) -> wire.RoomState:
        """Everything, as of event ``n``."""
        tracks = [t for p in self.people for t in p.tracks.values() if t.published]
        return wire.RoomState(
            room=self.slug,
            epoch=self.epoch,
            n=self.n,
            you=you,
            people=[p.person for p in self.people],
            tracks=[slots.describe(track) for track in tracks],
            speakers=self._settling.voices.speakers,
            resumed=resumed,
        )

    def drop(self, p: Participant, why: str, now: float) -> None:
        """The one end of a participant: connection, tracks, one event.

        ``why`` is as in ``wire.Removed``, or '' if they left by themselves.
        """
        if self.participants.pop(p.id, None) is None:
            return
        self._joined_at.pop(p.id, None)
        self._settling.left(p)
        p.disconnect(now)
        self._meter.left(p)
        for track in p.tracks.values():
            self._forget_track(track, now)
        if why:
            self._outbox.tell(p.reply, wire.Removed(why))
        if not p.arrived:
            return
        if p.kind != "whep":
            self._tell_group(wire.ParticipantLeft, participant=p.id)
        if not any(other.arrived for other in self.participants.values()):
            self._record("ended", self.most_people)

    def retire(self, now: float) -> None:
        """Another worker holds the room: say nothing more, and carry media until people are there.

        Those without a connection end now. So do streams and viewers, whose programs come back to
        the other worker by themselves. The others end with their connections, and all at last after
        ``RETIRED_SECONDS``. Their call goes on, so nothing of this is recorded or told.
        """
        self._outbox.silent = True
        self._retired_at = now
        for p in list(self.participants.values()):
            if p.kind != "call" or p.connection is None:
                self.drop(p, "", now)

    def _forget_track(self, track: UpTrack, now: float) -> None:
        """Nobody gets this track any more."""
        self._settling.voices.forget(track)
        for slot in list(track.subscribers):
            slot.release(now)

    def detach(self, p: Participant, reply: str) -> None:
        """The WebSocket behind ``reply`` is gone; another one may have taken over."""
        if p.reply == reply:
            p.detached = True

    # What they send and want

    def offer(self, p: Participant, cmd: wire.Offer, now: float) -> None:
        """Answer an offer, or say why not."""
        try:
            answer = p.answer(cmd.sdp, cmd.tracks, now)
        except SdpError as exc:
            self._outbox.tell(p.reply, wire.Refused("offer", "bad_sdp", str(exc), cmd.id))
            return
        self._outbox.tell(p.reply, dataclasses.replace(answer, id=cmd.id))
        self.muting.settle(p, now)
        for source in cmd.tracks.values():
            self.muting.mute(p, source, source in cmd.muted)
        if p.arrived:
            self._settling.count_codecs(p)

    def set_slots(self, p: Participant, requests: list[wire.SlotRequest], now: float) -> None:
        """Take a participant's wishes."""
        self._settling.take_wishes(p, requests, now)

    def raise_hand(self, p: Participant, raised: bool) -> None:
        """Somebody has raised or lowered their hand. Hands are ordered by when they went up."""
        if p.kind != "call" or (p.hand > 0) == raised:
            return
        p.hand = self.n + 1 if raised else 0
        self._tell_group(wire.ParticipantChanged, person=p.person)

    # What participants report (Audience)

    def first_packet(self, track: UpTrack) -> None:
        """A track, or a new layer of it, has begun."""
        p = self.participants.get(track.participant)
        if not track.published and p is not None and p.arrived:
            track.published = True
            self._tell_group(wire.TrackPublished, track=slots.describe(track))
        self._settling.due = True

    @property
    def level(self) -> Callable[[UpLayer, int, float], None]:
        """Takes the audio level of one packet."""
        return self._settling.voices.level

    def connected(self, participant: Participant) -> None:
        """Media can flow: slots that were waiting for a key frame ask again."""
        now = time.monotonic()
        logger.debug("- %s: %s is connected", self.slug, participant.id)
        if not participant.arrived:
            self._arrive(participant, now)
        for slot in participant.slots.values():
            slot.output.ask_again(now)

    def disconnected(self, participant: Participant, why: str) -> None:
        """A transport has ended by itself. People may come back with a new offer."""
        now = time.monotonic()
        logger.debug("- %s: %s lost their connection (%s)", self.slug, participant.id, why)
        if participant.kind == "call" and self._retired_at is None:
            participant.disconnect(now)
        else:
            self.drop(participant, "timeout", now)

    def bound(self, participant: Participant, slot: Slot) -> None:
        """A slot has switched to another layer."""
        self._settling.bound(participant, slot)
        if participant.connection is not None:
            participant.connection.feedback.report_slot(slot, time.monotonic())

    # Timers

    def tick(self, now: float) -> None:
        """Every 25 ms: settle what has changed, retransmit, probe."""
        self._settling.settle_all(now)
        for p in list(self.participants.values()):
            if p.connection is not None:
                if p.connection.egress.urgent:
                    self._settling.settle(p, now)
                p.connection.repair(now)

    def send_feedback(self) -> None:
        """Every 50 ms: tell senders what has arrived."""
        for p in list(self.participants.values()):
            if p.connection is not None:
                p.connection.feedback.send_arrivals()

    def refresh(self, now: float) -> None:
        """Every 250 ms: who speaks, what layers cost, which streams are in; then settle all."""
        if self._settling.voices.update(len(self.people), now):
            self._tell_group(wire.SpeakersChanged, speakers=self._settling.voices.speakers)
        for p in self.participants.values():
            for track in p.tracks.values():
                for layer in track.layers:
                    layer.rates.measure(now)
        for p in [p for p in self.participants.values() if not p.arrived]:
            if p.connection is not None and p.connection.connected:
                self._arrive(p, now)
        self._end_succeeded(now)
        self._settling.due = True

    def report(self, now: float) -> None:
        """Every second: RTCP reports, numbers, and the end of whoever is overdue."""
        for p in list(self.participants.values()):
            if p.connection is not None:
                p.connection.report(now)
                logger.debug("- %s: %s %s", self.slug, p.id, p.connection.egress)
            self._check(p, now)
        arrived = [p for p in self.participants.values() if p.arrived]
        self.numbers = self._meter.measure(arrived, now)

    def _check(self, p: Participant, now: float) -> None:
        if self._retired_at is not None:
            if now - self._retired_at > RETIRED_SECONDS:
                self.drop(p, "", now)
            return
        if p.kind == "call":
            media = p.connection is not None and p.connection.lives(now)
            socket = not p.detached and self._leases.lives(p.reply)
            p.presence.note(socket=socket, media=media, now=now)
            if p.presence.over(now):
                self.drop(p, "timeout", now)
                return
        elif not p.arrived and now - self._joined_at[p.id] > arrivals.CONNECT_SECONDS:
            self.drop(p, "timeout", now)
            return
        for track in p.tracks.values():
            since = track.silent_since
            gone = since is not None and not track.layers and now - since > GONE_SECONDS
            if track.published and gone:
                self._unpublish(track)

    # Events

    def _record(self, event: str, people: int) -> None:
        # A call that has moved goes on elsewhere.
        if self._retired_at is None:
            self._calls.call(self.slug, self.epoch, event, people)

    def _unpublish(self, track: UpTrack) -> None:
        track.published = False
        self._tell_group(wire.TrackUnpublished, track=track.id)

    def _tell_group(self, event: type, **fields: object) -> None:
        self.n += 1
        self._outbox.tell_group(event(room=self.slug, epoch=self.epoch, n=self.n, **fields))
