"""Which of one's devices are notified when someone waits, on the owner's home."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rooms.entry.knocking import devices, vapid
from rooms.models import Device

log = logging.getLogger(__name__)


def context(request: HttpRequest) -> dict[str, Any]:
    """Their own devices, and the key that browsers ask for; empty: there is none."""
    try:
        key = vapid.public_key()
    except (OSError, ValueError) as exc:
        log.warning("no device can be notified: %s", exc)
        key = ""
    return {"push_key": key, "devices": Device.objects.filter(user=request.user.pk)}


@require_POST
def add_device(request: HttpRequest) -> HttpResponse:
    """The subscription that the browser has made. The answer is a sentence."""
    try:
        devices.add(
            request.user,
            request.POST.get("endpoint", ""),
            request.POST.get("p256dh", ""),
            request.POST.get("auth", ""),
            request.headers.get("User-Agent", ""),
        )
    except devices.BadDevice as exc:
        return HttpResponse(str(exc), status=400, content_type="text/plain; charset=utf-8")
    return HttpResponse(
        _("This device is notified from now on."), content_type="text/plain; charset=utf-8"
    )


@require_POST
def remove_device(request: HttpRequest) -> HttpResponse:
    """One of their own, by its number or by its endpoint."""
    own = Device.objects.filter(user=request.user.pk)
    number = request.POST.get("device", "")
    if number.isdecimal() and len(number) < 19:
        own.filter(pk=int(number)).delete()
    elif endpoint := request.POST.get("endpoint", ""):
        own.filter(endpoint=endpoint).delete()
    return HttpResponseRedirect(reverse("admin:index"))
