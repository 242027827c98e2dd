"""The tables: rooms, invites, arrivals, backgrounds, bans, chat lines, notes and calls."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rooms.roles import Role, VisitorPolicy


def new_token() -> str:
    """128 random bits, URL-safe."""
    return secrets.token_urlsafe(16)


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


class Room(models.Model):
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
    opens = models.DateTimeField(_("opens"), null=True, blank=True)
    closes = models.DateTimeField(_("closes"), null=True, blank=True)
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
    pad_read_only_id = models.CharField(max_length=120, blank=True, editable=False)
    notes_key = models.CharField(max_length=40, default=new_notes_key, unique=True, editable=False)
    notes_read_key = models.CharField(
        max_length=40, default=new_notes_key, unique=True, editable=False
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("room", args=[self.slug])


class InviteQuerySet(models.QuerySet["Invite"]):
    """Invites by what they can be used for."""

    def good(self, now: datetime) -> InviteQuerySet:
        """Those that let newcomers in at this moment, unless their room refuses."""
        lasting = Q(expires=None) | Q(expires__gt=now)
        started = Q(not_before=None) | Q(not_before__lte=now)
        left = Q(uses_left=None) | Q(uses_left__gt=0)
        return self.filter(lasting & started & left, revoked=False, stopped=False)

    def for_guests(self, now: datetime) -> InviteQuerySet:
        """Those to hand out: they make speakers of any number of people."""
        return self.good(now).filter(role=Role.SPEAKER, uses_left=None)


class Invite(models.Model):
    """A link into a room."""

    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="invites"
    )
    label = models.CharField(
        _("label"),
        max_length=120,
        blank=True,
        help_text=_(
            "Who is this invite for? A stream with this invite shows the label as its name."
        ),
    )
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.SPEAKER)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    expires = models.DateTimeField(_("expires"), null=True, blank=True)
    uses_left = models.PositiveIntegerField(
        _("uses left"),
        null=True,
        blank=True,
        help_text=_("Leave empty for no limit. Each person counts once."),
    )
    revoked = models.BooleanField(
        _("revoked"),
        default=False,
        help_text=_(
            "No one can join with this invite, and people who joined with it have to leave."
        ),
    )
    stopped = models.BooleanField(
        _("stopped for new people"),
        default=False,
        help_text=_(
            "No one new can join with this invite. People who have already used it stay and can "
            "rejoin."
        ),
    )
    last_used = models.DateTimeField(_("last used"), null=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    objects = InviteQuerySet.as_manager()

    class Meta:
        verbose_name = _("invite")
        verbose_name_plural = _("invites")
        ordering = ["room", "created"]

    def __str__(self) -> str:
        return self.label or f"{self.get_role_display()} – {self.room}"

    def get_absolute_url(self) -> str:
        return reverse("invite", args=[self.token])


class Admission(models.Model):
    """A person (the random id in a pass) who came in by an invite; this makes them count once."""

    invite = models.ForeignKey(Invite, on_delete=models.CASCADE, related_name="admissions")
    person = models.CharField(max_length=40)
    name = models.CharField(max_length=60, blank=True)
    first = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invite", "person"], name="one_admission_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.name or self.person} – {self.invite}"


class Arrival(models.Model):
    """The person behind a participant. A call knows only ids; to remove somebody we need the
    person.

    Written when somebody is let in, once for each invite, and again when they come back. ``kind``
    is the protocol's: call, whip or whep.
    """

    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="arrivals"
    )
    participant = models.CharField(max_length=40)
    person = models.CharField(_("person"), max_length=40)
    invite = models.ForeignKey(
        Invite, verbose_name=_("invite"), null=True, blank=True, on_delete=models.SET_NULL
    )
    kind = models.CharField(max_length=4, default="call")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    name = models.CharField(_("name"), max_length=60, blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        ordering = ["-since"]
        indexes = [models.Index(fields=["room", "person"], name="arrivals_of_a_person")]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "invite"], name="one_arrival_per_invite"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.participant


class Ban(models.Model):
    """Somebody who was removed and may not come in again. ``invite`` is the link that they used."""

    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="bans"
    )
    person = models.CharField(_("person"), max_length=40)
    invite = models.ForeignKey(
        Invite, verbose_name=_("invite"), null=True, blank=True, on_delete=models.SET_NULL
    )
    name = models.CharField(_("name"), max_length=60, blank=True)
    created = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("ban")
        verbose_name_plural = _("bans")
        constraints = [
            models.UniqueConstraint(fields=["room", "person"], name="one_ban_per_person")
        ]

    def __str__(self) -> str:
        return self.name or self.person


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

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-started"]

    def __str__(self) -> str:
        return f"{self.room} – {self.started:%Y-%m-%d %H:%M}"
