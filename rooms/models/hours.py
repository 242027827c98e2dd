"""The hours in which a room is open, week by week."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from rooms.models.room import Room


class Weekday(models.IntegerChoices):
    """As in ``date.weekday``."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class OpeningHours(models.Model):
    """From ``begins`` to ``ends`` on a day of each week, in the site's time zone.

    ``ends`` may be earlier than ``begins``: then it is on the next day.
    """

    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="hours"
    )
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday.choices)
    begins = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "begins"]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()}, {self.begins:%H:%M}–{self.ends:%H:%M}"

    def clean(self) -> None:
        if self.begins is not None and self.begins == self.ends:
            raise ValidationError(_("The room must be open for some time. Change one of the two."))
