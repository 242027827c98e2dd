"""The oEmbed endpoint. Programs and pages of all sites may ask."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rooms.cards import oembed as answers


# The address may contain an invite, so no cache on the way keeps the answer.
@never_cache
@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """The answer in JSON. Private rooms look like those that do not exist."""
    if request.GET.get("format", "json") != "json":
        return _json({"error": _("Only format=json is possible.")}, 501)
    try:
        size = [answers.limit(request.GET.get(n, ""), n) for n in ("maxwidth", "maxheight")]
        what = answers.find(request.GET.get("url", ""), timezone.now())
    except answers.BadRequest as exc:
        return _json({"error": str(exc)}, 400)
    if what is None:
        return _json({"error": _("There is no call at this address.")}, 404)
    return _json(answers.answer(what, *size))


def _json(body: dict[str, Any], status: int = 200) -> HttpResponse:
    return JsonResponse(body, status=status, headers={"Access-Control-Allow-Origin": "*"})
