"""Rooms, and the images behind their calls."""

from __future__ import annotations

import secrets
from datetime import time
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rooms.models.parts import Chatting, Embedding, Hosting, Keeping, Opening, SigningIn
from rooms.roles import VisitorPolicy


def new_notes_key() -> str:
    """The secret in a notes link."""
    return secrets.token_urlsafe(16)


slug_validator = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$",
    _(
        "Use at most 63 lowercase letters, digits and hyphens. Begin and end with a letter or a "
        "digit."
    ),
)


class Background(models.Model):
    """An image behind a call. We encoded the file ourselves."""

    title = models.CharField(_("title"), max_length=120)
    image = models.ImageField(
        _("image"), upload_to="backgrounds/", width_field="width", height_field="height"
    )
    thumbnail = models.ImageField(
        _("thumbnail"), upload_to="backgrounds/", editable=False, blank=True
    )
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    credit = models.CharField(
        _("credit"),
        max_length=200,
        blank=True,
        help_text=_("Shown on the page, as in “Photo: Ann Example”."),
    )
    credit_url = models.URLField(_("credit link"), blank=True)
    alt = models.CharField(
        _("alternative text"),
        max_length=250,
        blank=True,
        help_text=_("What the image shows, for people who cannot see it."),
    )
    focal_x = models.PositiveSmallIntegerField(
        _("focal point, across (%)"),
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    focal_y = models.PositiveSmallIntegerField(
        _("focal point, down (%)"),
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    accent = models.CharField(
        editable=False, max_length=7, default="#5b8cff", help_text=_("Derived from the image.")
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("background")
        verbose_name_plural = _("backgrounds")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class Room(Embedding, Opening, Hosting, SigningIn, Chatting, Keeping):
    """A place for calls. Only the media workers know who is in one."""

    slug = models.CharField(_("address"), max_length=63, unique=True, validators=[slug_validator])
    title = models.CharField(_("title"), max_length=120)
    description = models.CharField(_("description"), max_length=300, blank=True)
    background = models.ForeignKey(
        Background,
        verbose_name=_("background"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="rooms",
    )
    visitors = models.CharField(
        _("visitors without an invite"),
        max_length=8,
        choices=VisitorPolicy.choices,
        default=VisitorPolicy.NOTHING,
    )
    locked = models.BooleanField(
        _("locked"), default=False, help_text=_("No one new can join. People in the call stay.")
    )
    closed = models.BooleanField(
        _("closed"), default=False, help_text=_("The call ends, and its links say that it is over.")
    )
    max_people = models.PositiveSmallIntegerField(
        _("maximum number of people"),
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
    )
    max_video_mbit = models.DecimalField(
        _("maximum video bitrate (Mbit/s)"),
        max_digits=3,
        decimal_places=1,
        default=8,
        validators=[MinValueValidator(Decimal("0.5")), MaxValueValidator(50)],
        help_text=_(
            "The most that one camera or screen may use, from 0.5 to 50. Motion uses all of it; 8 "
            "is enough for fast movement at 1080p and 60 frames per second. Senders need this much "
            "upload bandwidth. Viewers need this much download bandwidth; on slower connections "
            "they get lower quality. The server sends one copy to each viewer: 8 Mbit/s to ten "
            "viewers takes 80 Mbit/s."
        ),
    )
    pad_id = models.CharField(_("Etherpad id"), max_length=120, blank=True, editable=False)
    pad_group = models.CharField(max_length=60, blank=True, editable=False)
    pad_read_only_id = models.CharField(max_length=120, blank=True, editable=False)
    notes_key = models.CharField(max_length=40, default=new_notes_key, unique=True, editable=False)
    notes_read_key = models.CharField(
        max_length=40, default=new_notes_key, unique=True, editable=False
    )
    created = models.DateTimeField(auto_now_add=True)
    # For programs that keep a calendar of the rooms.
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("room", args=[self.slug])

    @property
    def week(self) -> tuple[tuple[int, time, time], ...]:
        """The opening hours, for ``rooms.entry.hours``. They are read once."""
        models.prefetch_related_objects([self], "hours")
        return tuple((row.weekday, row.begins, row.ends) for row in self.hours.all())
