"""The devices of owners: which browsers asked to be notified."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from rooms import fetching
from rooms.models import Device

MOST_DEVICES = 20  # for each user
LONGEST_ENDPOINT = 500
LOOKUP_SECONDS = 4.0

# What user agents say, and what people call it. The first that fits counts.
_BROWSERS = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
]
_SYSTEMS = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
]


class BadDevice(ValueError):
    """It was not added; the text says why, and may be shown to the owner."""


def add(user: Any, endpoint: str, p256dh: str, auth: str, agent: str) -> None:
    """Notify this browser from now on. Raises BadDevice."""
    check(endpoint)
    _check_keys(p256dh, auth)
    values = {"p256dh": p256dh, "auth": auth, "label": label(agent)}
    with transaction.atomic():
        # Two requests at once wait for each other here.
        get_user_model().objects.select_for_update().get(pk=user.pk)
        if user.devices.filter(endpoint=endpoint).update(**values):
            return
        if Device.objects.filter(endpoint=endpoint).exists():
            raise BadDevice(_("Another user has added this device. Try again."))
        if user.devices.count() >= MOST_DEVICES:
            raise BadDevice(
                _("You have %(count)d devices, which is the most. Remove one, then try again.")
                % {"count": MOST_DEVICES}
            )
        user.devices.create(endpoint=endpoint, **values)


def check(endpoint: str) -> None:
    """Raises BadDevice unless the server may send there."""
    if not endpoint.startswith("https://") or len(endpoint) > LONGEST_ENDPOINT:
        raise BadDevice(_("The browser’s push service has an address that is not allowed."))
    try:
        fetching.check(endpoint, LOOKUP_SECONDS)
    except fetching.Refused as exc:
        raise BadDevice(
            _("The browser’s push service has an address that is not allowed.")
        ) from exc
    except fetching.FetchError as exc:
        raise BadDevice(
            _("The browser’s push service cannot be found from this server. Try again later.")
        ) from exc


def to_notify() -> list[Device]:
    """All devices of the owners."""
    owners = Device.objects.filter(user__is_staff=True, user__is_active=True)
    return list(owners.order_by("pk"))


def label(agent: str) -> str:
    """What to call a browser, from the header ``User-Agent``; empty: unknown."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        # Translators: as in "Firefox on Android"
        return _("{browser} on {system}").format(browser=browser, system=system)[:80]
    return browser or system


def _check_keys(p256dh: str, auth: str) -> None:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(p256dh, 65))
        _decoded(auth, 16)
    except ValueError as exc:
        raise BadDevice(
            _("The browser’s keys cannot be read. Reload the page, then try again.")
        ) from exc


def _decoded(text: str, size: int) -> bytes:
    """Raises ValueError."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as exc:
        raise ValueError("no base64") from exc
    if len(raw) != size:
        raise ValueError("wrong length")
    return raw
