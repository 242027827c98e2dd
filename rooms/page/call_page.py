"""What the call page is made of: the configuration for its scripts and the context of its template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from rooms import chat
from rooms.entry.passes import Pass, issue
from rooms.looks.stylesheet import look
from rooms.models import Invite, Room
from rooms.notes import pads
from rooms.page import moments, texts
from rooms.page.ice_servers import ice_servers
from rooms.roles import Grant, Role, VisitorPolicy


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who may come in: where, as whom, by which pass."""

    room: Room
    grant: Grant
    pass_: Pass


def absolute(path: str) -> str:
    """``path`` as a link that can be sent to somebody; addresses of other sites stay as they are."""
    return settings.SITE_URL + path if path.startswith("/") else path


def context(entry: Entry, now: datetime) -> dict[str, Any]:
    """For ``rooms/call.html``."""
    appearance = look(entry.room.background)
    return {
        "room": entry.room,
        "background": appearance,
        "look_url": appearance.stylesheet if appearance else "",
        "when": when(entry.room, now),
        "config": config(entry, now),
    }


def config(entry: Entry, now: datetime) -> dict[str, Any]:
    """What the page's scripts need: see ``Config`` in static/rooms/common/types.js."""
    room, grant, pass_ = entry.room, entry.grant, entry.pass_
    provider = pads.provider()
    read_only = not grant.write_notes
    notes = provider.links(room, read_only)
    notes_link = absolute(notes.alone)
    return {
        "room": {"slug": room.slug, "title": room.title, "description": room.description},
        "role": grant.role.value,
        "publish": grant.publish,
        "name": pass_.name,
        "pass": issue(pass_),
        "address": room.get_absolute_url(),
        "ws": f"/ws/call/{room.slug}/",
        "ice_servers": ice_servers(pass_.person, now),
        "max_bitrate": int(room.max_video_mbit * 1_000_000),
        "links": {"call": call_link(entry, now), "notes": notes_link, "open_notes": notes_link},
        "notes": {
            "provider": provider.name,
            "frame": notes.frame,
            "check": notes.check,
            "chat": provider.chat_in_page,
            "chat_limit": chat.MAX_TEXT,
        },
        "whip": whip(entry),
        "reach": reverse("reach"),
        "texts": texts.for_scripts(),
    }


def call_link(entry: Entry, now: datetime) -> str | None:
    """What "Copy call link" copies: a link that lets others in without making them more than speakers. None: there is none."""
    if entry.room.visitors != VisitorPolicy.NOTHING:
        return absolute(entry.room.get_absolute_url())
    invite = (
        guests_invite(entry.room, entry.grant, now)
        if entry.grant.moderate
        else own_invite(entry, now)
    )
    return absolute(invite.get_absolute_url()) if invite else None


def whip(entry: Entry) -> dict[str, str] | None:
    """Where a streaming program sends to, and its key: the invite that this very person came by. None: there is none for it."""
    if not entry.grant.publish or entry.pass_.invite is None:
        return None
    # Each stream is one more admission, which an invite for a number of people has not got to spare.
    invite = Invite.objects.filter(
        pk=entry.pass_.invite, uses_left=None, revoked=False, stopped=False
    ).first()
    return whip_access(invite) if invite else None


def whip_access(invite: Invite) -> dict[str, str]:
    """``url`` and ``key`` for OBS and the like."""
    return {"url": absolute(reverse("whip", args=[invite.room.slug])), "key": invite.token}


def own_invite(entry: Entry, now: datetime) -> Invite | None:
    """The invite that a guest came by, where others may come by it too."""
    if entry.pass_.invite is None:
        return None
    shared = Invite.objects.good(now).filter(uses_left=None, pk=entry.pass_.invite)
    return shared.filter(role__in=[Role.SPEAKER, Role.LISTENER]).first()


def guests_invite(room: Room, grant: Grant, now: datetime) -> Invite | None:
    """The room's newest speaker invite that anybody may use; an owner gets one made."""
    found = room.invites.for_guests(now).order_by("-created", "-pk").first()
    if found is None and grant.role == Role.OWNER:
        found = room.invites.create(label=_("Guests"), role=Role.SPEAKER)
    return found


def when(room: Room, now: datetime) -> SafeString:
    """When the room opens or closes, in a sentence; empty where nothing is planned."""
    if room.opens is not None and now < room.opens:
        return moments.opens(room.opens)
    return moments.closes(room.closes) if room.closes is not None else moments.NOTHING
