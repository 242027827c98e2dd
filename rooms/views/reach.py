"""Where media would go: the lobby tests it before somebody joins."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from rooms.workers import sfu


@never_cache
async def reach(request: HttpRequest) -> JsonResponse:
    """``{"addresses": […]}`` of the worker for the next room; 503 and an empty list without one."""
    try:
        worker = await sfu.least_loaded()
    except sfu.Unavailable:
        worker = None
    addresses = worker["addresses"] if worker else []
    return JsonResponse({"addresses": addresses}, status=200 if addresses else 503)
