"""The page behind the link in a message to an owner: who waits, and buttons to answer.

The link is the capability, so it works without a login. Opening it changes nothing: programs fetch
links too. The forms are CSRF-protected by the secret in their address, which no other site knows,
and by what browsers say of where a form comes from.
"""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from rooms.entry.access import Refusal
from rooms.entry.acting import waiters
from rooms.entry.decisions import Host
from rooms.entry.knocking import capability
from rooms.models import Admitted, Room
from rooms.roles import Grant, Role
from rooms.views.refused import refused
from rooms.workers import sfu, waiting

ANSWERS = {"admit": Admitted.ADMITTED, "refuse": Admitted.REFUSED}


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def admit(request: HttpRequest, signed: str) -> HttpResponse:
    """GET shows who waits, POST answers them."""
    room = capability.room_of(signed)
    if room is None:
        return refused(request, Refusal.not_found)
    if request.method != "POST":
        return _page(request, room)
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return HttpResponse(status=403)
    act, who = request.POST.get("act", ""), request.POST.get("participant", "")
    try:
        if act == "admit_all":
            waiters.answer(_host(room), "", Admitted.ADMITTED)
        elif act in ANSWERS and who:
            waiters.answer(_host(room), who, ANSWERS[act])
    except sfu.Unavailable:
        return _page(request, room)
    return HttpResponseRedirect(request.path)


def _host(room: Room) -> Host:
    return Host(room, Grant(Role.OWNER), "link", _("The host"))


def _page(request: HttpRequest, room: Room) -> HttpResponse:
    """Names, and nothing else about those who wait."""
    try:
        people, away = async_to_sync(waiting.in_room)(room.slug), False
    except sfu.Unavailable:
        people, away = [], True
    response = render(request, "rooms/admit.html", {"room": room, "people": people, "away": away})
    response["X-Robots-Tag"] = "noindex"
    # With no-referrer a browser would send "Origin: null"; nothing here leads to another site.
    response["Referrer-Policy"] = "no-referrer"
    return response
