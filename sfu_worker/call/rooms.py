"""All rooms of a worker, and the way of a command to its room and participant.

A worker holds a room until Redis says that another one holds it under a higher fence. Then the room
retires: see ``Room.retire``. If the web side places it here again, another ``Room`` begins beside.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from sfu_worker import wire
from sfu_worker.call.outbox import Bus
from sfu_worker.call.participant import Participant
from sfu_worker.call.room import Room

logger = logging.getLogger("sfu.rooms")

# Commands of a page; it looks for its room if it hears that it is not in.
_OF_A_PAGE = (wire.Offer, wire.Slots, wire.Mute, wire.Hand, wire.Snapshot)

# Commands of an HTTP client that waits for the answer.
_OF_A_CLIENT = (wire.Leave, wire.PatchIce)


class Rooms:
    """Those that the worker holds, by slug, and those that are retired. ``make`` makes one."""

    def __init__(self, bus: Bus, make: Callable[[str, int], Room]) -> None:
        self.held: dict[str, Room] = {}
        self.retired: list[Room] = []
        self._bus = bus
        self._make = make
        self._handlers: dict[type, Callable[..., None]] = {
            wire.Leave: self._leave,
            wire.Detach: self._detach,
            wire.Offer: self._offer,
            wire.PatchIce: self._patch_ice,
            wire.Slots: self._slots,
            wire.Mute: self._mute,
            wire.Hand: self._hand,
            wire.Snapshot: self._snapshot,
            wire.Remove: self._remove,
            wire.Silence: self._silence,
            wire.Hold: self._hold,
        }

    @property
    def all(self) -> list[Room]:
        """Every room with participants."""
        return [*self.held.values(), *self.retired]

    @property
    def participants(self) -> list[Participant]:
        """Everyone in any room."""
        return [p for room in self.all for p in room.participants.values()]

    def kept(self, slug: str, epoch: str, mine: int, fence: int, now: float) -> None:
        """Redis has answered to the claim of a room with this epoch under the fence ``mine``.

        ``fence`` is that of our claim from now on; 0: another worker holds the room.
        """
        room = self.held.get(slug)
        if room is None or room.epoch != epoch:
            return
        if fence:
            room.fence = fence
        elif room.fence == mine:
            # Otherwise the web side has placed it here again meanwhile.
            logger.info("- %s: another worker holds it now", slug)
            self.retire(room, now)

    def retire(self, room: Room, now: float) -> None:
        """Another worker holds the room, or shall hold it."""
        del self.held[room.slug]
        room.retire(now)
        self.retired.append(room)
        self.forget_empty()

    def retire_streams(self, now: float) -> None:
        """End the rooms with only streams and viewers. No page moves these to another worker.

        Their programs come back by themselves, and are placed there.
        """
        for room in list(self.held.values()):
            if not any(p.kind == "call" for p in room.participants.values()):
                self.retire(room, now)

    def forget_empty(self) -> None:
        """Forget the rooms without participants."""
        for slug in [slug for slug, room in self.held.items() if not room.participants]:
            del self.held[slug]
        if self.retired:
            self.retired = [room for room in self.retired if room.participants]

    # Commands

    def handle(self, cmd: wire.Command, fence: int, now: float) -> None:
        """Carry out one command that is for the holder with this fence."""
        assert not isinstance(cmd, wire.Drain)
        if fence < self._since(cmd.room):
            logger.debug("- %s: a late %s is ignored", cmd.room, type(cmd).__name__)
        elif isinstance(cmd, wire.Join):
            self._join(cmd, fence, now)
        elif isinstance(cmd, wire.CloseRoom):
            self._close_room(cmd, now)
        else:
            self._carry_out(cmd, fence, now)
        self.forget_empty()

    def _since(self, slug: str) -> int:
        """The lowest fence of a command that is not late."""
        if slug in self.held:
            return self.held[slug].born
        return max((room.fence + 1 for room in self.retired if room.slug == slug), default=0)

    def _carry_out(self, cmd: wire.Command, fence: int, now: float) -> None:
        assert not isinstance(cmd, wire.Join | wire.CloseRoom | wire.Drain)
        room = self.held.get(cmd.room)
        p = room.participants.get(cmd.participant) if room else None
        asks = cmd.reply if isinstance(cmd, (*_OF_A_PAGE, *_OF_A_CLIENT)) else ""
        if p is None or (asks != p.reply and asks and isinstance(cmd, _OF_A_PAGE)):
            # A page joins again then, and hears from the join if another page has the seat.
            logger.debug("x %s for somebody who is not here", type(cmd).__name__)
            if asks:
                number = cmd.id if isinstance(cmd, wire.Offer) else 0
                refused = wire.Refused(wire.NAMES[type(cmd)], "not_in_room", id=number)
                self._bus.tell(asks, refused, fence)
            return
        self._handlers[type(cmd)](room, p, cmd, now)

    def _join(self, cmd: wire.Join, fence: int, now: float) -> None:
        room = self.held.get(cmd.room)
        if room is None:
            room = self.held[cmd.room] = self._make(cmd.room, fence)
        room.fence = fence
        room.join(cmd, now)

    def _leave(self, room: Room, p: Participant, cmd: wire.Leave, now: float) -> None:
        if cmd.seat and cmd.seat != p.seat:
            return
        room.drop(p, "", now)
        if cmd.reply:
            self._bus.tell(cmd.reply, wire.Removed("left"))

    def _detach(self, room: Room, p: Participant, cmd: wire.Detach, now: float) -> None:
        room.detach(p, cmd.reply)

    def _offer(self, room: Room, p: Participant, cmd: wire.Offer, now: float) -> None:
        room.offer(p, cmd, now)

    def _patch_ice(self, room: Room, p: Participant, cmd: wire.PatchIce, now: float) -> None:
        self._bus.tell(cmd.reply, p.patch_ice(cmd))

    def _slots(self, room: Room, p: Participant, cmd: wire.Slots, now: float) -> None:
        room.set_slots(p, cmd.slots, now)

    def _mute(self, room: Room, p: Participant, cmd: wire.Mute, now: float) -> None:
        room.muting.mute(p, cmd.source, cmd.muted)

    def _hand(self, room: Room, p: Participant, cmd: wire.Hand, now: float) -> None:
        room.raise_hand(p, cmd.raised)

    def _snapshot(self, room: Room, p: Participant, cmd: wire.Snapshot, now: float) -> None:
        room.snapshot(p)

    def _remove(self, room: Room, p: Participant, cmd: wire.Remove, now: float) -> None:
        room.drop(p, "removed", now)

    def _silence(self, room: Room, p: Participant, cmd: wire.Silence, now: float) -> None:
        room.silence(p, cmd.role)

    def _hold(self, room: Room, p: Participant, cmd: wire.Hold, now: float) -> None:
        room.muting.hold(p, cmd.held, now)

    def _close_room(self, cmd: wire.CloseRoom, now: float) -> None:
        room = self.held.get(cmd.room)
        for p in list(room.participants.values()) if room else []:
            assert room is not None
            room.drop(p, "closed", now)
