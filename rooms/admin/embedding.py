"""How to show a room in a blog post: what to paste, and how it will look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from rooms.entry import framing
from rooms.entry.sharing import absolute
from rooms.models import Invite, Room
from rooms.roles import VisitorPolicy
from rooms.security import FRAME_ALLOW

if TYPE_CHECKING:
    RoomModelForm = forms.ModelForm[Room]
else:
    RoomModelForm = forms.ModelForm


class RoomForm(RoomModelForm):
    """Checks which sites may show the room."""

    def clean_embed_origins(self) -> str:
        return framing.clean(self.cleaned_data["embed_origins"])


@dataclass(frozen=True, slots=True)
class Snippet:
    """HTML to paste. ``label`` says where it goes, ``name`` is for the page's ids."""

    name: str
    label: str
    html: SafeString


@dataclass(frozen=True, slots=True)
class Way:
    """Into the room, for readers: the attribute of the element, and the card's path."""

    attribute: SafeString
    card: str
    invite: Invite | None = None


def section(room: Room, now: datetime | None = None) -> SafeString:
    """The snippets with their copy buttons, and a preview of the card."""
    way = way_in(room, now or timezone.now())
    context = {
        "room": room,
        "way": way,
        "snippets": snippets(room, way) if way else [],
        "notes": notes(room),
        "listed": bool(framing.origins(room.embed_origins)),
    }
    return render_to_string("admin/rooms/room/embedding.html", context)


def way_in(room: Room, now: datetime) -> Way | None:
    """By the room's name, or by its newest invite for guests; None: there is no such invite."""
    if room.visitors != VisitorPolicy.NOTHING:
        attribute = format_html('room="{}"', room.slug)
        return Way(attribute, reverse("card", args=[room.slug]))
    invite = room.invites.for_guests(now).order_by("-created", "-pk").first()
    if invite is None:
        return None
    attribute = format_html('invite="{}"', invite.token)
    return Way(attribute, reverse("card_invite", args=[invite.token]), invite)


def snippets(room: Room, way: Way) -> list[Snippet]:
    """What to paste for the call."""
    script = format_html('<script src="{}" async></script>', absolute("/embed.js"))
    element = format_html("{}\n<conf-call {}></conf-call>", script, way.attribute)
    found = [Snippet("call", _("Call in a post"), element)]
    if way.invite is None:
        found.append(Snippet("door", _("Doorbell for a sidebar"), door(room, script)))
    plain = frame(way.card, room.title, FRAME_ALLOW)
    found.append(Snippet("frame", _("Where scripts are not allowed"), plain))
    return found


def door(room: Room, script: SafeString) -> SafeString:
    """The doorbell. Without the script it is a link with a picture."""
    return format_html(
        '{}\n<conf-call room="{}" mode="door">\n'
        '  <a href="{}"><img src="{}" alt="{}"></a>\n</conf-call>',
        script,
        room.slug,
        absolute(room.get_absolute_url()),
        absolute(reverse("door_image", args=[room.slug])),
        room.title,
    )


def notes(room: Room) -> list[Snippet]:
    """What to paste for the notes alone."""
    keys = {
        "read": (_("Notes to read"), room.notes_read_key),
        "write": (_("Notes to write"), room.notes_key),
    }
    return [
        Snippet(name, label, frame(reverse("notes", args=[key]), f"{label} – {room.title}", ""))
        for name, (label, key) in keys.items()
    ]


def frame(path: str, title: str, allow: str) -> SafeString:
    """A frame of one of our pages."""
    return format_html(
        '<iframe src="{}" title="{}"{}\n'
        '  width="640" height="360" style="border: 0; max-width: 100%" loading="lazy"></iframe>',
        absolute(path),
        title,
        format_html('\n  allow="{}"', allow) if allow else "",
    )
