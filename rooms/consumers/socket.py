"""What all parts of the call's WebSocket share: who is at the other end, and how it is told something."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rooms.consumers import texts
from rooms.consumers.peer import PeerSocket
from rooms.entry import passes
from rooms.entry.passes import Pass
from rooms.models import Room
from rooms.roles import Grant
from sfu_worker import wire

LEFT, BAD_MESSAGE, BAD_PASS, REFUSED, LATE, TOO_FAST, NO_WORKER = (
    1000,
    4400,
    4401,
    4403,
    4408,
    4429,
    4503,
)
"Close codes of docs/protocol.md."


@dataclass(slots=True)
class Member:
    """Who is at the other end. ``worker`` is where the room was last; ``lost`` while no worker has it.

    ``seat`` is the page's name, ``take`` whether it takes the call over from another page of the
    same person. ``told`` is the role that the worker last said this participant has, empty before it said any.
    """

    room: Room
    pass_: Pass
    grant: Grant
    participant: str
    name: str
    seat: str
    take: bool = False
    worker: str = ""
    lost: bool = False
    told: str = ""


class CallSocket(PeerSocket):
    """``member`` is None before ``join``; ``_over`` is true once we have closed, or are about to."""

    member: Member | None = None
    _slug: str
    _over = False

    @property
    def _me(self) -> Member:
        assert self.member is not None, "receive() lets only join through before"
        return self.member

    def _join_command(self, member: Member) -> wire.Join:
        """What makes the worker know the member as it is now, whether it knew it before or not."""
        return wire.Join(
            room=self._slug,
            participant=member.participant,
            name=member.name,
            role=member.grant.role.value,
            publish=member.grant.publish,
            reply=self.channel_name,
            # Those who run the room always find a place, see rooms.entry.access.place.
            max_people=0 if member.grant.moderate else member.room.max_people,
            seat=member.seat,
            take=member.take,
        )

    def _resume_token(self, member: Member) -> str:
        """What lets the page come back as it is."""
        return passes.issue_resume(member.room.pk, member.pass_.person, member.seat)

    def _leave_command(self, member: Member) -> wire.Leave:
        """Leave, unless another page of the same person has taken the call over."""
        return wire.Leave(self._slug, member.participant, seat=member.seat)

    async def _tell(self, body: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(body, ensure_ascii=False, separators=(",", ":")))

    async def _error(self, code: str, text: str = "", **about: str) -> None:
        """Tell an error; ``text`` names words other than the code's own, ``about`` what it is about."""
        message = texts.text(text or code)
        await self._tell({"type": "error", "code": code, "message": message, **about})

    async def _end(self, code: str, close: int) -> None:
        """Tell an error and close."""
        self._over = True
        await self._error(code)
        await self.close(close)
