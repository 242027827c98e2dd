"""What a link leads to, as far as everyone who sees the link may know.

A link is shown to everyone in a chat, and programs fetch it without cookies. So a room is described
if strangers may come in, or by an invite that lets people in. Everything else looks like a room
that does not exist, and costs the same single query.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from rooms.entry import hours
from rooms.entry.sharing import absolute
from rooms.models import Invite, Room
from rooms.roles import VisitorPolicy


@dataclass(frozen=True, slots=True)
class Shared:
    """A room, and the token by which it was asked for; ``""``: by its own address."""

    room: Room
    token: str = ""

    @property
    def url(self) -> str:
        """The link that was shared."""
        path = reverse("invite", args=[self.token]) if self.token else self.room.get_absolute_url()
        return absolute(path)


def by_slug(slug: str, now: datetime) -> Shared | None:
    """The room at an address, if strangers may come in at some time."""
    rooms = Room.objects.select_related("background").filter(slug=slug, closed=False)
    return _shared(rooms.exclude(visitors=VisitorPolicy.NOTHING).first(), "", now)


def by_token(token: str, now: datetime) -> Shared | None:
    """The room behind an invite that lets newcomers in, now or later."""
    lasting = Q(expires=None) | Q(expires__gt=now)
    left = Q(uses_left=None) | Q(uses_left__gt=0)
    invites = Invite.objects.select_related("room__background").filter(
        lasting & left, token=token, revoked=False, stopped=False, room__closed=False
    )
    invite = invites.first()
    return _shared(invite.room if invite else None, token, now)


def _shared(room: Room | None, token: str, now: datetime) -> Shared | None:
    if room is None or hours.window(room, now) is None:
        return None
    return Shared(room, token)
