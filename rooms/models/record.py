"""What people wrote in a room, and which calls took place."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rooms.models.room import Room
from rooms.roles import Role


class ChatLine(models.Model):
    """A line of a room's chat. ``number`` counts 1, 2, 3 … in the room.

    (room, person, nonce) is unique, so a line can be sent again safely.
    """

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="chat_lines")
    number = models.PositiveIntegerField()
    person = models.CharField(max_length=40)
    nonce = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    text = models.CharField(_("text"), max_length=2000)
    sent = models.DateTimeField(_("sent"), default=timezone.now)

    class Meta:
        verbose_name = _("chat line")
        verbose_name_plural = _("chat lines")
        ordering = ["room", "number"]
        constraints = [
            models.UniqueConstraint(fields=["room", "number"], name="chat_numbers_are_unique"),
            models.UniqueConstraint(
                fields=["room", "person", "nonce"], name="chat_lines_are_sent_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:40]}"


class NotesUpdate(models.Model):
    """One Yjs update of a room's built-in notes. Rows are merged from time to time."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="notes_updates")
    update_bytes = models.BinaryField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["room", "id"]


class Call(models.Model):
    """The record of one call in a room. ``epoch`` is the worker's name for the room's life."""

    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="calls"
    )
    epoch = models.CharField(max_length=40, unique=True, editable=False)
    started = models.DateTimeField(_("started"))
    ended = models.DateTimeField(_("ended"), null=True, blank=True)
    most_people = models.PositiveIntegerField(_("most people at once"), default=0)
    # The notes as they were at the end, sanitised.
    notes_html = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-started"]

    def __str__(self) -> str:
        return f"{self.room} – {self.started:%Y-%m-%d %H:%M}"


class Attendance(models.Model):
    """Somebody who was in a call, and when. A person who comes back has one row."""

    call = models.ForeignKey(
        Call, verbose_name=_("call"), on_delete=models.CASCADE, related_name="attendances"
    )
    participant = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=60, blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, blank=True)
    came = models.DateTimeField(_("came"))
    left = models.DateTimeField(_("left"), null=True, blank=True)

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        ordering = ["came"]
        constraints = [
            models.UniqueConstraint(fields=["call", "participant"], name="one_attendance_per_call")
        ]

    def __str__(self) -> str:
        return self.name or self.participant
