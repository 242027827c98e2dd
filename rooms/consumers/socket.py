"""What all parts of the call's WebSocket share: who is at the other end, and sending to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rooms.consumers import texts
from rooms.consumers.lane import Lane, Work
from rooms.consumers.peer import FAILED, PeerSocket
from rooms.entry import passes
from rooms.entry.facts import NO_SETTINGS, RoomNow
from rooms.entry.passes import Pass
from rooms.entry.rights import NOT_TOLD, Told
from rooms.entry.sites.profiles import NO_FACE, Face
from rooms.models import Room
from rooms.roles import Grant
from rooms.workers import sfu
from rooms.workers.seats import Seat
from sfu_worker import wire

# Close codes of docs/protocol.md.
LEFT, BAD_MESSAGE, BAD_PASS, REFUSED, LATE, TOO_FAST, NO_WORKER = (
    1000,
    4400,
    4401,
    4403,
    4408,
    4429,
    4503,
)


@dataclass(slots=True)
class Member:
    """The person at the other end, and their seat.

    ``take``: this page takes the call over from another page of the same person. ``told`` is what
    the worker last reported of this participant. ``face``: what the others see of the site that
    they signed in with. ``settings`` are those of the room, as the page was told. ``unnamed``: they
    gave no name. ``waits``: a host has to let them in. ``waiters`` are the participants who wait,
    as a host's page was told.
    """

    room: Room
    pass_: Pass
    grant: Grant
    name: str
    seat: Seat
    take: bool = False
    told: Told = NOT_TOLD
    face: Face = NO_FACE
    settings: RoomNow = NO_SETTINGS
    unnamed: bool = False
    waits: bool = False
    waiters: tuple[str, ...] = ()

    @property
    def participant(self) -> str:
        return self.seat.participant

    @property
    def slug(self) -> str:
        return self.room.slug


class CallSocket(PeerSocket):
    """``member`` is None before ``join``; ``_over`` is true once we have closed or are about to.

    ``_welcomed``: a worker has let them in, and the page knows it.

    What needs the database is done beside everything else (``_beside``), except for the join.
    """

    member: Member | None = None
    _slug: str
    _over = False
    _welcomed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lane = Lane(self._fail)

    def _beside(self, work: Work) -> bool:
        """Do this while other messages go on, in order. False: too much waits for the database."""
        return self._lane.add(work)

    async def _fail(self) -> None:
        self._over = True
        await self.close(FAILED)

    @property
    def _me(self) -> Member:
        assert self.member is not None, "receive() lets only join through before"
        return self.member

    def _join_command(self, member: Member) -> wire.Join:
        """Tells the worker who the member is now, even if it knows them already."""
        return wire.Join(
            room=self._slug,
            participant=member.participant,
            name=member.name,
            role=member.grant.role.value,
            publish=member.grant.publish,
            reply=self.channel_name,
            max_people=0 if self._has_place(member) else member.room.max_people,
            seat=member.seat.id,
            take=member.take and not member.seat.epoch,
            socket=member.seat.socket,
            link=member.face.link,
            photo=member.face.photo,
            held=member.grant.silenced,
            unnamed=member.unnamed,
        )

    def _has_place(self, member: Member) -> bool:
        """Moderators have one in a full room, and so has anyone whose room moves."""
        return member.grant.moderate or bool(member.seat.epoch)

    def _resume_token(self, member: Member) -> str:
        """Lets the page come back as the same participant."""
        return passes.issue_resume(
            member.room.pk, member.pass_.person, member.seat.id, member.settings.ended
        )

    def _leave_command(self, member: Member) -> wire.Leave:
        """Leave, unless another page of the same person has taken the call over."""
        return wire.Leave(self._slug, member.participant, seat=member.seat.id)

    async def _command(self, command: wire.Command) -> None:
        """Send a command to the worker that we last asked for a seat. Raises sfu.Unavailable."""
        claim = self._me.seat.asked
        if claim is None:
            raise sfu.Unavailable("the room has no worker yet")
        await sfu.send(claim, command)

    async def _tell(self, body: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(body, ensure_ascii=False, separators=(",", ":")))

    async def _error(self, code: str, text: str = "", **about: str | int) -> None:
        """Send an error. ``text`` names other words than the code's, ``about`` what it is about."""
        message = texts.text(text or code)
        await self._tell({"type": "error", "code": code, "message": message, **about})

    async def _end(self, code: str, close: int) -> None:
        """Send an error and close."""
        self._over = True
        self._lane.clear()
        await self._error(code)
        await self.close(close)
