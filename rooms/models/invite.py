"""Invites, who came in by them, and who was removed."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rooms.models.room import Room
from rooms.roles import Role


def new_token() -> str:
    """128 random bits, URL-safe."""
    return secrets.token_urlsafe(16)


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
    """The person behind a participant.

    A call knows only ids, but a removal needs the person. A row is written when somebody is let in,
    once for each invite, and again when they come back. ``kind`` is the protocol's: call, whip or
    whep. ``user`` is the primary key of an account, which may be deleted; None: no account. ``me``
    is the site that they signed in with.
    """

    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="arrivals"
    )
    participant = models.CharField(max_length=40)
    person = models.CharField(_("person"), max_length=40)
    invite = models.ForeignKey(
        Invite, verbose_name=_("invite"), null=True, blank=True, on_delete=models.SET_NULL
    )
    user = models.BigIntegerField(null=True, editable=False)
    kind = models.CharField(max_length=4, default="call")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    name = models.CharField(_("name"), max_length=60, blank=True)
    # Whether they gave no name, so that a host may give them one.
    unnamed = models.BooleanField(default=False, editable=False)
    # The number of the newest chat line when they first came in by this invite.
    chat_from = models.PositiveIntegerField(null=True, editable=False)
    me = models.URLField(_("site"), max_length=500, blank=True)
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
    me = models.URLField(_("site"), max_length=500, blank=True)
    created = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("ban")
        verbose_name_plural = _("bans")
        constraints = [
            models.UniqueConstraint(fields=["room", "person"], name="one_ban_per_person")
        ]

    def __str__(self) -> str:
        return self.name or self.person
