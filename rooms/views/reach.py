"""Where media would go: the lobby tries to reach it before somebody joins."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from rooms.workers import sfu


@never_cache
async def reach(request: HttpRequest) -> JsonResponse:
    """``{"addresses": […]}`` of the worker that would get the next room; 503 with none where no worker is there."""
    try:
        worker = await sfu.least_loaded()
    except sfu.Unavailable:
        worker = None
    addresses = worker["addresses"] if worker else []
    return JsonResponse({"addresses": addresses}, status=200 if addresses else 503)
