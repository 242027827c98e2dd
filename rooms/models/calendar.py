"""Backgrounds that come by themselves on certain days."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from rooms.models.room import Background, Room


class Occasion(models.TextChoices):
    """When a background is shown. All but ``DATES`` are the same for everyone."""

    DATES = "dates", _("between two dates")
    NEW_YEAR = "new_year", _("New Year")
    CARNIVAL = "carnival", _("carnival")
    VALENTINE = "valentine", _("Valentine’s Day")
    EASTER = "easter", _("Easter")
    PENTECOST = "pentecost", _("Pentecost")
    HALLOWEEN = "halloween", _("Halloween")
    ADVENT = "advent", _("Advent")
    CHRISTMAS = "christmas", _("Christmas")
    SPRING = "spring", _("spring")
    SUMMER = "summer", _("summer")
    AUTUMN = "autumn", _("autumn")
    WINTER = "winter", _("winter")


class ScheduledBackground(models.Model):
    """A background for an occasion, in one room or (``room`` is None) in all of them."""

    room = models.ForeignKey(
        Room,
        verbose_name=_("room"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="scheduled_backgrounds",
        help_text=_("Leave it empty for all rooms."),
    )
    background = models.ForeignKey(
        Background,
        verbose_name=_("background"),
        on_delete=models.CASCADE,
        related_name="occasions",
    )
    occasion = models.CharField(
        _("when"), max_length=10, choices=Occasion.choices, default=Occasion.DATES
    )
    begins = models.DateField(_("first day"), null=True, blank=True)
    ends = models.DateField(_("last day"), null=True, blank=True)
    yearly = models.BooleanField(_("every year"), default=True)

    class Meta:
        verbose_name = _("background by date")
        verbose_name_plural = _("backgrounds by date")
        ordering = ["room", "begins", "pk"]

    def __str__(self) -> str:
        return f"{self.background} – {self.get_occasion_display()}"

    def clean(self) -> None:
        if self.occasion != Occasion.DATES:
            return
        if self.begins is None or self.ends is None:
            raise ValidationError(_("Give the first and the last day."))
        if self.ends < self.begins:
            raise ValidationError({"ends": _("The last day is before the first. Change one.")})
