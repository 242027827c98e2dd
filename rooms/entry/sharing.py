"""The links that people may hand out: into the call, and for a program that streams."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from rooms.entry import hours
from rooms.entry.passes import Pass
from rooms.models import Invite, Room, SignIn
from rooms.roles import Grant, Role, VisitorPolicy


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who may come in: where, as whom, by which pass."""

    room: Room
    grant: Grant
    pass_: Pass


def absolute(path: str) -> str:
    """``path`` as a link to send to people; an address on another site stays as it is."""
    return settings.SITE_URL + path if path.startswith("/") else path


def call_link(entry: Entry, now: datetime) -> str | None:
    """What "Copy call link" copies; None if there is no such link.

    It lets others in as speakers at most.
    """
    if entry.room.visitors != VisitorPolicy.NOTHING:
        return absolute(entry.room.get_absolute_url())
    invite = (
        guests_invite(entry.room, entry.grant, now)
        if entry.grant.moderate
        else own_invite(entry, now)
    )
    return absolute(invite.get_absolute_url()) if invite else None


def link_now(entry: Entry, now: datetime) -> tuple[str | None, str]:
    """``call_link`` of the room as it is at this moment, and the name of a note about it."""
    room = Room.objects.filter(pk=entry.room.pk).first()
    link = call_link(replace(entry, room=room), now) if room else None
    if room is None or link is None:
        return None, "link_none"
    if room.locked:
        return link, "link_locked"
    window = hours.window(room, now)
    return link, "link_early" if window is not None and not window.is_open(now) else ""


def own_invite(entry: Entry, now: datetime) -> Invite | None:
    """The invite that a guest came by, if others may use it too."""
    if entry.pass_.invite is None:
        return None
    shared = Invite.objects.good(now).filter(uses_left=None, pk=entry.pass_.invite)
    return shared.filter(role__in=[Role.SPEAKER, Role.LISTENER]).first()


def guests_invite(room: Room, grant: Grant, now: datetime) -> Invite | None:
    """The room's newest speaker invite that anyone may use; an owner gets one made."""
    found = room.invites.for_guests(now).order_by("-created", "-pk").first()
    if found is None and grant.role == Role.OWNER:
        found = room.invites.create(label=_("Guests"), role=Role.SPEAKER)
    return found


def whip(entry: Entry) -> dict[str, str] | None:
    """Where a streaming program sends to, and its key: the person's own invite.

    None: no such invite.
    """
    if not entry.grant.publish or entry.pass_.invite is None:
        return None
    if entry.room.sign_in == SignIn.REQUIRED and not entry.grant.moderate:
        return None  # a program cannot sign in
    # Each stream is one more admission, and an invite for a number of people has none to spare.
    invite = Invite.objects.filter(
        pk=entry.pass_.invite, uses_left=None, revoked=False, stopped=False
    ).first()
    return whip_access(invite) if invite else None


def whip_access(invite: Invite) -> dict[str, str]:
    """``url`` and ``key`` for OBS and the like."""
    return {"url": absolute(reverse("whip", args=[invite.room.slug])), "key": invite.token}
