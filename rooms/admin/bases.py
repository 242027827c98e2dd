"""Django's classes with their models, for the type checker: at run time they are not generic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from rooms.models import Background, Invite, Room

if TYPE_CHECKING:
    RoomModelAdmin = admin.ModelAdmin[Room]
    InviteModelAdmin = admin.ModelAdmin[Invite]
    BackgroundModelAdmin = admin.ModelAdmin[Background]
    RecordModelAdmin = admin.ModelAdmin[Any]
    RoomInvites = admin.StackedInline[Invite, Room]
    BackgroundModelForm = forms.ModelForm[Background]
else:
    RoomModelAdmin = InviteModelAdmin = BackgroundModelAdmin = RecordModelAdmin = admin.ModelAdmin
    RoomInvites = admin.StackedInline
    BackgroundModelForm = forms.ModelForm

__all__ = [
    "BackgroundModelAdmin",
    "BackgroundModelForm",
    "InviteModelAdmin",
    "RecordModelAdmin",
    "RoomInvites",
    "RoomModelAdmin",
]
