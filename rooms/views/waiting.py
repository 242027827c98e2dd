"""Waiting for the host: the page, and what its script asks again and again.

The script's address carries the room's name, signed, so it says nothing about rooms to strangers.
An answer is good for a moment for all who wait, so that a crowd costs few queries.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from rooms import database
from rooms.entry import hosts, hours, knocking
from rooms.entry.access import Refusal
from rooms.entry.framing import frameable
from rooms.looks import chosen
from rooms.looks.stylesheet import look
from rooms.models import Room
from rooms.views.framed import told_origins
from rooms.views.refused import ComingBack

SALT = "confcall.waiting"

# A page that waits for longer loads anew.
SIGNED_SECONDS = 12 * 3600

KEPT_SECONDS = 0.5
MOST_KEPT = 1000


def waiting(
    request: HttpRequest, room: Room, back: ComingBack | None, event: dict[str, Any]
) -> HttpResponse:
    """The page for those who may come in, once a host is in the call."""
    appearance = look(chosen.background(room))
    signed = signing.dumps(room.slug, salt=SALT)
    context = {
        "room": room,
        "back": back,
        "look_url": appearance.stylesheet if appearance else "",
        "ask": reverse("waiting", args=[signed]),
        "frame_origins": told_origins(request, room),
        **event,
    }
    response = render(request, "rooms/waiting.html", context, status=Refusal.host_away.status)
    response["Cache-Control"] = "no-store"
    return frameable(response, room)


@dataclass(frozen=True, slots=True)
class Kept:
    """``waits``: who comes to this room has to wait for a host. ``at``: monotonic seconds."""

    waits: bool
    at: float


_kept: dict[str, Kept] = {}


@csrf_exempt
async def ask(request: HttpRequest, signed: str) -> HttpResponse:
    """GET: whether to go on waiting. POST: also tell the owner, if the room is to do so."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})
    try:
        slug = signing.loads(signed, salt=SALT, max_age=SIGNED_SECONDS)
    except signing.BadSignature:
        slug = None
    if not isinstance(slug, str):
        return HttpResponse(status=404)
    waits = await _waits(slug)
    if waits and request.method == "POST":
        await sync_to_async(knocking.knock)(slug, timezone.now())
    return JsonResponse({"wait": waits}, headers={"Cache-Control": "no-store"})


async def _waits(slug: str) -> bool:
    kept = _kept.get(slug)
    if kept is not None and time.monotonic() - kept.at < KEPT_SECONDS:
        return kept.waits
    waits = await database.run(_needs_host_now, slug, timezone.now())
    kept = Kept(waits and not await hosts.host_in(slug), time.monotonic())
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[slug] = kept
    return kept.waits


def _needs_host_now(slug: str, now: datetime) -> bool:
    """Whether only a host is missing. If more is, the room's page says what."""
    room = Room.objects.filter(slug=slug, opens_with_owner=True, closed=False).first()
    window = hours.window(room, now) if room is not None else None
    return window is not None and window.is_open(now)
