"""Telling the owners, by e-mail and on their devices, that somebody waits for them.

A room tells them at most once in five minutes, whoever asks and however often. That is done in a
thread of its own: a mail server or a push service that does not answer holds up no page.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage, get_connection
from django.db import DatabaseError, connection
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from rooms.entry.knocking import capability, devices, push
from rooms.entry.sharing import absolute
from rooms.models import Device, Room

log = logging.getLogger(__name__)

PAUSE = timedelta(minutes=5)

# Owners beyond these are not told.
MOST_OWNERS = 20

# Messages beyond these are dropped, which happens only while nobody takes them.
_slots = threading.BoundedSemaphore(4)


@dataclass(frozen=True, slots=True)
class News:
    """Who is told, and what."""

    words: tuple[str, str]
    owners: list[str]
    link: str
    devices: Sequence[Device]


def knock(slug: str, now: datetime) -> bool:
    """Tell the owners of a room, unless they have just been told; return whether it was sent off.

    Of two processes that try at the same moment, one sends.
    """
    room = Room.objects.filter(Q(knock_email=True) | Q(knock_push=True), slug=slug).first()
    if room is None:
        return False
    owners = addresses() if room.knock_email and settings.EMAIL_HOST else []
    told = devices.to_notify() if room.knock_push else []
    if not (owners or told):
        return False
    # A time far ahead is from before this server's clock was put back. One just ahead is of
    # somebody who asked after us and came to the database before us.
    due = Q(knocked=None) | Q(knocked__lte=now - PAUSE) | Q(knocked__gt=now + PAUSE)
    if not Room.objects.filter(due, pk=room.pk).update(knocked=now):
        return False
    return _send_beside(News(message(room), owners, capability.link(room), told))


def missing() -> str:
    """What has to be set first, in words for an owner; empty: nothing."""
    if not settings.EMAIL_HOST:
        return _("No mail server is set, so nobody is told. The setting is EMAIL_HOST.")
    if not addresses():
        return _("No owner has an e-mail address, so nobody is told. Add yours to your account.")
    return ""


def missing_devices() -> str:
    """The same for notifications."""
    if devices.to_notify():
        return ""
    return _(
        "No device has been added, so none is notified. To add one, open the first page of the "
        "admin on it and choose “Notify this device”."
    )


def addresses() -> list[str]:
    """Where the owners get their e-mail."""
    owners = get_user_model().objects.filter(is_staff=True, is_active=True).exclude(email="")
    return list(owners.order_by("pk").values_list("email", flat=True)[:MOST_OWNERS])


def message(room: Room) -> tuple[str, str]:
    """Subject and text. One link admits for an hour; the others need a login."""
    admit = capability.link(room)
    link = absolute(reverse("admin:rooms_room_enter", args=[room.pk]))
    settings_link = absolute(reverse("admin:rooms_room_change", args=[room.pk]))
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Someone is waiting in “{title}”").format(title=room.title)
        text = _(
            "Someone has opened the room “{title}” and is waiting for you.\n\n"
            "Let them in by joining:\n{link}\n\n"
            "You get at most one such message in five minutes. To get none, change the room:\n"
            "{settings}\n"
        )
        more = _(
            "Or see who waits, and let them in without joining:\n{admit}\n"
            "Anyone with this link can do that for an hour, so do not pass it on.\n"
        )
        text = text.format(title=room.title, link=link, settings=settings_link)
        return subject, f"{text}\n{more.format(admit=admit)}"


def _send_beside(news: News) -> bool:
    if not _slots.acquire(blocking=False):
        log.warning("a message to the owners was dropped: earlier ones are still being sent")
        return False
    threading.Thread(target=_send, args=(news,), name="knock", daemon=True).start()
    return True


def _send(news: News) -> None:
    """Neither the mail server nor a push service waits for the other."""
    try:
        sending = push.Sending(news.words[0], news.link, news.devices)
        if news.owners:
            _send_mail(news.words, news.owners)
        _forget(sending.ended())
    finally:
        _slots.release()


def _send_mail(words: tuple[str, str], owners: list[str]) -> None:
    """One message for each owner: they need not know each other's addresses."""
    try:
        server = get_connection()
        server.send_messages([EmailMessage(*words, to=[owner]) for owner in owners])
    # Whatever the mail server does is one line in the log.
    except Exception as exc:
        log.warning("an owner was not told that someone waits: %s: %s", type(exc).__name__, exc)


def _forget(gone: list[int]) -> None:
    """Delete devices that are no more."""
    if not gone:
        return
    try:
        Device.objects.filter(pk__in=gone).delete()
    except DatabaseError as exc:
        log.warning("devices that are no more were not deleted: %s", type(exc).__name__)
    finally:
        connection.close()
