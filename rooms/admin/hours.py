"""The opening hours in a room's form."""

from __future__ import annotations

from datetime import time
from itertools import combinations
from typing import Any

from django import forms
from django.db import models
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rooms import site_time
from rooms.admin.bases import HoursFormSet, RoomHours
from rooms.models import OpeningHours

WEEK_SECONDS = 7 * 24 * 3600


class Hours(HoursFormSet):
    """The rows of a room, which must not overlap."""

    def __init__(self, data: Any = None, *args: Any, **options: Any) -> None:
        prefix = options.get("prefix") or self.get_default_prefix()
        if data is not None and f"{prefix}-{forms.formsets.TOTAL_FORM_COUNT}" not in data:
            # A form without this part changes nothing in it.
            data = data.copy()
            data[f"{prefix}-{forms.formsets.TOTAL_FORM_COUNT}"] = "0"
            data[f"{prefix}-{forms.formsets.INITIAL_FORM_COUNT}"] = "0"
        super().__init__(data, *args, **options)

    def clean(self) -> None:
        """One error, at the second of two rows that overlap."""
        super().clean()
        # A row that is left empty or deleted, or has an error of its own, has no part in this.
        filled = [
            form
            for form in self.forms
            if form.is_valid()
            and "weekday" in form.cleaned_data
            and not form.cleaned_data.get("DELETE")
        ]
        for one, two in combinations(filled, 2):
            if overlap(one.instance, two.instance):
                text = gettext("These hours overlap with those of {other}. Change one of the two.")
                two.add_error("begins", text.format(other=one.instance))
                return


def overlap(one: OpeningHours, two: OpeningHours) -> bool:
    """Whether two rows have a moment of the week in common."""
    (first, length), (second, other) = _span(one), _span(two)
    return (second - first) % WEEK_SECONDS < length or (first - second) % WEEK_SECONDS < other


def _span(row: OpeningHours) -> tuple[int, int]:
    """When in the week it begins, and how long it is, in seconds."""
    begins, ends = _seconds(row.begins), _seconds(row.ends)
    return row.weekday * 86400 + begins, (ends - begins) % 86400


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


class HoursInline(RoomHours):
    model = OpeningHours
    formset = Hours
    extra = 0
    classes = ["collapse"]
    verbose_name = _("time of the week")
    verbose_name_plural = format_lazy(
        _("Opening hours of each week ({})"), lazy(site_time.zone_name, str)()
    )
    formfield_overrides = {
        models.TimeField: {"widget": forms.TimeInput(format="%H:%M", attrs={"type": "time"})}
    }
