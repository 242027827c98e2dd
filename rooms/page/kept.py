"""What is kept of a call, and for how long, in one sentence for guests."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rooms.models import Room
from rooms.notes import pads


def sentence(room: Room) -> str:
    """As true as ``rooms.posts.keeping``. The chat beside an Etherpad is a part of it."""
    days, chat_days, chat_is_ours = room.keep_days, room.chat_days, pads.provider().chat_in_page
    if chat_is_ours and chat_days is not None and (days is None or chat_days < days):
        text = ngettext(
            "Messages in the chat are deleted after %(days)d day.",
            "Messages in the chat are deleted after %(days)d days.",
            chat_days,
        )
        return f"{_without_chat(days)} {text % {'days': chat_days}}"
    if days is None:
        return _(
            "The host keeps the chat, the notes and the list of who was there until they delete "
            "them, and may publish the notes."
        )
    if chat_is_ours:
        text = ngettext(
            "The host keeps the chat and the list of who was there for %(days)d day, and the notes "
            "for as long after their last use. They may publish the notes.",
            "The host keeps the chat and the list of who was there for %(days)d days, and the "
            "notes for as long after their last use. They may publish the notes.",
            days,
        )
    else:
        text = ngettext(
            "The host keeps the list of who was there for %(days)d day, and the notes and their "
            "chat for as long after their last use. They may publish the notes.",
            "The host keeps the list of who was there for %(days)d days, and the notes and their "
            "chat for as long after their last use. They may publish the notes.",
            days,
        )
    return text % {"days": days}


def _without_chat(days: int | None) -> str:
    if days is None:
        return _(
            "The host keeps the notes and the list of who was there until they delete them, and "
            "may publish the notes."
        )
    text = ngettext(
        "The host keeps the list of who was there for %(days)d day, and the notes for as long "
        "after their last use. They may publish the notes.",
        "The host keeps the list of who was there for %(days)d days, and the notes for as long "
        "after their last use. They may publish the notes.",
        days,
    )
    return text % {"days": days}
