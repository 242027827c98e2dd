"""The owner's own settings: the time zone of the site, and the devices to notify."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


def check_time_zone(name: str) -> None:
    """Raises ValidationError unless ``name`` is a zone such as Europe/Berlin."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no such time zone. Use a name such as Europe/Berlin."))


class Site(models.Model):
    """One row: what holds for all rooms, see ``rooms.site_time``."""

    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, validators=[check_time_zone]
    )

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("site")

    def __str__(self) -> str:
        return self.time_zone or settings.TIME_ZONE


class Device(models.Model):
    """A browser of an owner that asked to be notified (RFC 8030, RFC 8291)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices"
    )
    endpoint = models.URLField(max_length=500, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=60)
    label = models.CharField(_("device"), max_length=80, blank=True)
    created = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["created"]

    def __str__(self) -> str:
        return self.label or self.endpoint
