"""The parts of the call page: the configuration for its scripts, and its template's context."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from rooms import chat
from rooms.entry import framing, hours, presence
from rooms.entry.facts import standings
from rooms.entry.passes import issue
from rooms.entry.sharing import Entry, absolute, call_link, whip
from rooms.entry.sites import profiles
from rooms.entry.standing import is_in
from rooms.events import event
from rooms.indieweb.site_address import shown
from rooms.looks import chosen
from rooms.looks.stylesheet import look
from rooms.models import Invite, Room
from rooms.notes import pads
from rooms.page import effects, kept, moments, texts
from rooms.page.ice_servers import ice_servers
from rooms.page.responses import answers
from rooms.roles import Role


def context(entry: Entry, now: datetime) -> dict[str, Any]:
    """The context of ``rooms/call.html``."""
    appearance = look(chosen.background(entry.room))
    own = Invite.objects.filter(pk=entry.pass_.invite).first() if entry.pass_.invite else None
    return {
        "room": entry.room,
        "background": appearance,
        "look_url": appearance.stylesheet if appearance else "",
        "when": when(entry.room, now),
        "present": present(entry),
        **event.block(entry.room, own, now),
        "sign_in": sign_in(entry),
        "kept": kept.sentence(entry.room),
        "answers": answers(entry.room),
        "archive": archive(entry),
        "effect_files": effects.files(appearance),
        "config": config(entry, now),
    }


def config(entry: Entry, now: datetime) -> dict[str, Any]:
    """What the page's scripts need: see ``Config`` in static/rooms/common/types.js."""
    room, grant, pass_ = entry.room, entry.grant, entry.pass_
    provider = pads.provider()
    link = notes_link(entry, now)
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
        "links": {"call": call_link(entry, now), "notes": link, "open_notes": link},
        "notes": {
            "provider": provider.name,
            "chat": provider.chat_in_page,
            "chat_limit": chat.MAX_TEXT,
        },
        "whip": whip(entry),
        "embed": {"origins": framing.origins(room.embed_origins), "names": room.embed_names},
        "present": reverse("present"),
        "reach": reverse("reach"),
        "texts": texts.for_scripts(),
    }


def present(entry: Entry) -> str:
    """Who is in the call, as far as they may know."""
    who = presence.looker(entry.room, entry.pass_, entry.grant)
    return presence.sentence(presence.present_now(entry.room.slug), who)


def notes_link(entry: Entry, now: datetime) -> str | None:
    """The notes, for those who may come in now. Others get them in the call (``notes_link``)."""
    pass_ = entry.pass_
    [standing] = standings([pass_], now, rejoining=is_in(entry.room, pass_.person))
    if standing.waits:
        return None
    return absolute(pads.own_page(entry.room, not entry.grant.write_notes))


def sign_in(entry: Entry) -> dict[str, str]:
    """For rooms/about/sign_in.html: who they are by their site, if people can sign in here."""
    if not profiles.offered(entry.room):
        return {}
    face = profiles.face(entry.room, entry.pass_)
    return {"me": face.link, "site": shown(face.link), "photo": face.photo}


def archive(entry: Entry) -> str:
    """Where an owner who is logged in gets what is kept of this call; empty for others."""
    if entry.pass_.user is None or entry.grant.role != Role.OWNER:
        return ""
    return reverse("admin:rooms_room_archive", args=[entry.room.pk])


def when(room: Room, now: datetime) -> SafeString:
    """When the room opens or closes, in a sentence; empty if nothing is planned."""
    window = hours.window(room, now)
    if window is None:
        return moments.NOTHING
    if window.opens is not None and now < window.opens:
        return moments.opens(window.opens)
    return moments.closes(window.closes) if window.closes is not None else moments.NOTHING
