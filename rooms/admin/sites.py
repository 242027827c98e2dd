"""Domains in a room's form, and banning everyone of somebody's site."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.db import transaction

from rooms.entry.sites import domains
from rooms.models import Arrival, Room

DOMAIN_FIELDS = ("admitted_domains", "banned_domains")


class DomainsField(forms.CharField):
    """Domains, one per line. Each bad line has an error of its own."""

    def clean(self, value: Any) -> Any:
        return domains.clean(super().clean(value))


def ban_site_of(arrival: Arrival) -> str:
    """Ban the domain of the site that they signed in with, and return it.

    Whoever of that site is in the call is put out within a second, see ``rooms.entry.rights``.
    """
    domain = urlsplit(arrival.me).hostname or ""
    with transaction.atomic():
        room = Room.objects.select_for_update().get(pk=arrival.room_id)
        room.banned_domains = "\n".join(sorted({*room.banned_domains.split(), domain}))
        room.save(update_fields=["banned_domains"])
    return domain
