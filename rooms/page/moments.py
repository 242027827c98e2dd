"""Points in time, in words. The page's script converts them to the visitor's time zone."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from rooms import site_time


def words(value: datetime) -> str:
    """As in "Thursday, 24 December 2026 at 18:00 (Europe/Berlin)", for browsers without scripts."""
    here = site_time.local(value)
    return _("{day} at {time} ({zone})").format(
        # Translators: a date with its weekday, in the format strings of Django's date filter
        day=date_format(here, _("l, j F Y")),
        time=date_format(here, _("H:i")),
        zone=site_time.zone_name(),
    )


def tag(value: datetime) -> SafeString:
    """The words, with the data that ``ui/moments.js`` needs for the visitor's time zone."""
    moment = value.astimezone(UTC).isoformat(timespec="seconds")
    return format_html('<time class="moment" datetime="{}">{}</time>', moment, words(value))


def left(value: datetime, now: datetime) -> str:
    """How many seconds are left until ``value``.

    For ``ui/entry/countdown.js``, which does not rely on the visitor's clock.
    """
    return f"{max(0.0, (value - now).total_seconds()):.3f}"


def opens(value: datetime) -> SafeString:
    """For the lobby of people who may come in early."""
    return format_html(_("It opens on {moment}."), moment=tag(value))


def closes(value: datetime) -> SafeString:
    """For the lobby."""
    return format_html(_("It is open until {moment}."), moment=tag(value))


# Nothing to say.
NOTHING = mark_safe("")
