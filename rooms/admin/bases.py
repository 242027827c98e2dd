"""Django's classes with their models for the type checker; at run time they are not generic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from rooms import plain_text
from rooms.models import (
    Attendance,
    Background,
    Call,
    Invite,
    OpeningHours,
    Post,
    Room,
    ScheduledBackground,
)

if TYPE_CHECKING:
    RoomModelAdmin = admin.ModelAdmin[Room]
    InviteModelAdmin = admin.ModelAdmin[Invite]
    BackgroundModelAdmin = admin.ModelAdmin[Background]
    RecordModelAdmin = admin.ModelAdmin[Any]
    ScheduledModelAdmin = admin.ModelAdmin[ScheduledBackground]
    PostModelAdmin = admin.ModelAdmin[Post]
    PostModelForm = forms.ModelForm[Post]
    RoomInvites = admin.StackedInline[Invite, Room]
    CallAttendances = admin.TabularInline[Attendance, Call]
    RoomHours = admin.TabularInline[OpeningHours, Room]
    HoursFormSet = forms.BaseInlineFormSet[OpeningHours, Room, forms.ModelForm[OpeningHours]]
    BackgroundModelForm = forms.ModelForm[Background]
else:
    RoomModelAdmin = InviteModelAdmin = BackgroundModelAdmin = RecordModelAdmin = admin.ModelAdmin
    PostModelAdmin = ScheduledModelAdmin = admin.ModelAdmin
    PostModelForm = forms.ModelForm
    RoomInvites = admin.StackedInline
    CallAttendances = admin.TabularInline
    RoomHours = admin.TabularInline
    HoursFormSet = forms.BaseInlineFormSet
    BackgroundModelForm = forms.ModelForm


class LineField(forms.CharField):
    """A line that people will see, cleaned by ``plain_text``."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return plain_text.line(text) if isinstance(text, str) else text


class MomentField(forms.SplitDateTimeField):
    """A date and a time with a name each. Django's label belongs to neither."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        assert isinstance(self.widget, forms.MultiWidget)
        for widget, part in zip(self.widget.widgets, (_("date"), _("time")), strict=True):
            widget.attrs["aria-label"] = format_lazy("{}, {}", self.label, part)


# For ``formfield_overrides``: titles, labels and descriptions, and beginnings and ends.
LINES: dict[Any, Any] = {
    models.CharField: {"form_class": LineField},
    models.DateTimeField: {"form_class": MomentField},
}

__all__ = [
    "LINES",
    "BackgroundModelAdmin",
    "BackgroundModelForm",
    "CallAttendances",
    "HoursFormSet",
    "InviteModelAdmin",
    "PostModelAdmin",
    "PostModelForm",
    "RecordModelAdmin",
    "RoomHours",
    "RoomInvites",
    "RoomModelAdmin",
]
