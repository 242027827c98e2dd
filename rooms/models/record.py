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

    ``reply_to`` is the number of the line that it answers. An edit or a deletion gets the next
    number of the room's ``chat_changes``, as ``change``; 0: there was none. ``changed_by`` is the
    name of who did it last. The text of a deleted line is empty.
    """

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="chat_lines")
    number = models.PositiveIntegerField()
    person = models.CharField(max_length=40)
    nonce = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    text = models.CharField(_("text"), max_length=2000)
    sent = models.DateTimeField(_("sent"), default=timezone.now)
    reply_to = models.PositiveIntegerField(null=True, blank=True)
    edited = models.DateTimeField(_("edited"), null=True, blank=True)
    deleted = models.DateTimeField(_("deleted"), null=True, blank=True)
    changed_by = models.CharField(_("changed by"), max_length=60, blank=True)
    change = models.PositiveIntegerField(default=0, editable=False)

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


class NotesAuthor(models.Model):
    """Who wrote with a Yjs client id in a room's built-in notes."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="notes_authors")
    client = models.BigIntegerField()
    name = models.CharField(max_length=60)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "client"], name="one_author_per_client")
        ]

    def __str__(self) -> str:
        return self.name


class NotesVersion(models.Model):
    """The built-in notes as they were at a time: one Yjs update that holds all of them."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="notes_versions")
    update_bytes = models.BinaryField()
    names = models.CharField(max_length=300, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["room", "-created"]

    def __str__(self) -> str:
        return f"{self.room} – {self.created:%Y-%m-%d %H:%M}"


class PadSession(models.Model):
    """Somebody's session in a room's Etherpad group. It ends when their right ends."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="pad_sessions")
    person = models.CharField(max_length=40)
    session = models.CharField(max_length=60, unique=True)
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["room", "person"], name="pad_sessions_of_a_person")]

    def __str__(self) -> str:
        return f"{self.person} – {self.room}"


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
