"""Quantities as people read them. Pure; None is shown as a dash."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _

SPACE = "\N{NO-BREAK SPACE}"
DASH = "–"


def number(value: float, unit: str, places: int = 0) -> str:
    return f"{number_format(round(value, places), places)}{SPACE}{unit}"


def bits(per_second: float | None) -> str:
    """A rate, as in 850 kbit/s or 12.3 Mbit/s."""
    if per_second is None:
        return DASH
    if per_second < 999_500:
        return number(per_second / 1e3, "kbit/s")
    return number(per_second / 1e6, "Mbit/s", 1)


def percent(share: float) -> str:
    """One decimal below ten, where it matters."""
    value = 100 * share
    return (
        f"{number_format(round(value, 1), 1)}%"
        if 0 < value < 9.95
        else f"{number_format(round(value), 0)}%"
    )


def milliseconds(seconds: float | None) -> str:
    return DASH if seconds is None else number(1000 * seconds, "ms")


def megabytes(octets: int) -> str:
    return number(octets / 1e6, "MB") if octets else DASH


def each_second(count: float) -> str:
    if 0 < count < 0.5:
        return _("less than one per second")
    return _("%(count)s per second") % {"count": number_format(round(count), 0)}


def duration(seconds: float) -> str:
    """The two largest units."""
    minutes = int(seconds) // 60
    days, hours = divmod(minutes // 60, 24)
    if days:
        return number(days, "d") + f" {number(hours, 'h')}"
    if hours:
        return number(hours, "h") + f" {number(minutes % 60, 'min')}"
    return number(minutes, "min") if minutes else number(int(seconds), "s")
