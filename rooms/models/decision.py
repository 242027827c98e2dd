"""What the hosts have decided about a person."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rooms.models.room import Room
from rooms.roles import Role


class Admitted(models.TextChoices):
    """What a host said to somebody who waited."""

    UNDECIDED = "", _("not decided")
    ADMITTED = "admitted", _("admitted")
    REFUSED = "refused", _("refused")


class Decision(models.Model):
    """What the hosts of a room have decided about a person (the random id in a pass).

    It holds over reconnects, restarts and moves to another worker. ``role`` and ``given_name`` are
    empty if nothing was decided. ``held_<source>`` is 0 unless a host has muted or stopped that
    source and the person has not started it again since. Otherwise it is the ``number`` of the
    host's act, so an answer to an older act does not undo a newer one. ``may_speak``: a host has
    asked them to, so ``Room.mics_held`` does not bind them. ``by`` is the name of the host who
    decided last.
    """

    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="decisions"
    )
    person = models.CharField(_("person"), max_length=40)
    name = models.CharField(_("name"), max_length=60, blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, blank=True)
    given_name = models.CharField(_("name that a host gave"), max_length=60, blank=True)
    number = models.PositiveIntegerField(default=0, editable=False)
    held_microphone = models.PositiveIntegerField(default=0, editable=False)
    held_camera = models.PositiveIntegerField(default=0, editable=False)
    held_screen = models.PositiveIntegerField(default=0, editable=False)
    may_speak = models.BooleanField(default=False, editable=False)
    admitted = models.CharField(
        _("waiting room"),
        max_length=8,
        choices=Admitted.choices,
        default=Admitted.UNDECIDED,
        blank=True,
    )
    by = models.CharField(_("decided by"), max_length=60, blank=True)
    changed = models.DateTimeField(_("changed"), default=timezone.now)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-changed"]
        constraints = [
            models.UniqueConstraint(fields=["room", "person"], name="one_decision_per_person")
        ]

    def __str__(self) -> str:
        return self.given_name or self.name or self.person
