"""What the lobby's script asks: who is in the call, and how a worker is reached.

It sends the page's pass as a header, so that it is in no address and no log. A stranger gets the
same answer for every room, and for none.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rooms import database
from rooms.entry import presence, throttle
from rooms.entry.presence import Looker
from rooms.workers import sfu


@never_cache
@require_safe
async def present(request: HttpRequest) -> HttpResponse:
    """``{"text": …}``: who is in the call, in a sentence; 403 without a pass that opens a room."""
    who = await _looker(request)
    if who is None:
        return HttpResponse(status=403)
    return JsonResponse({"text": presence.sentence(await presence.present(who.slug), who)})


@never_cache
@require_safe
async def reach(request: HttpRequest) -> HttpResponse:
    """``{"addresses", "ufrag", "pwd"}`` of the worker that has the room, or would get it.

    With them a browser's ICE checks get answers (``sfu_worker.net.reach``). 403 without a pass that
    opens a room, 429 after many questions, 503 without a worker.
    """
    who = await _looker(request)
    if who is None:
        return HttpResponse(status=403)
    wait = await throttle.wait_seconds("reach", "GET", who.participant)
    if wait:
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    try:
        worker = await sfu.worker_for(who.slug)
    except sfu.Unavailable:
        worker = None
    ufrag, pwd = (worker or {}).get("reach") or ("", "")
    if worker is None or not ufrag:
        return HttpResponse(status=503)
    return JsonResponse({"addresses": worker["addresses"], "ufrag": ufrag, "pwd": pwd})


async def _looker(request: HttpRequest) -> Looker | None:
    token = request.headers.get("Pass", "")
    return await database.run(presence.looker_with, token) if token else None
