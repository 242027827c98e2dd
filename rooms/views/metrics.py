"""The workers' numbers in Prometheus' format."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache

from rooms.models import Room
from rooms.workers import exposition, sfu


@never_cache
async def metrics(request: HttpRequest) -> HttpResponse:
    """404 without METRICS_TOKEN, 401 for a caller without the token, 503 while Redis is away."""
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(
        token.strip(), settings.METRICS_TOKEN
    ):
        text = "Send METRICS_TOKEN as a bearer token.\n"
        return HttpResponse(
            text, status=401, content_type="text/plain", headers={"WWW-Authenticate": "Bearer"}
        )
    try:
        overview = await sfu.overview()
    except sfu.Unavailable as exc:
        return HttpResponse(f"{exc}\n", status=503, content_type="text/plain")
    rooms = Room.objects.filter(slug__in=[room.slug for room in overview.rooms])
    ids = {slug: pk async for slug, pk in rooms.values_list("slug", "pk")}
    return HttpResponse(exposition.expose(overview, ids), content_type=exposition.CONTENT_TYPE)
