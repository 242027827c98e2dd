"""Other people's sites: who they are, what they answered, and what is to be fetched or sent."""

from __future__ import annotations

from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rooms.models.room import Room

# Longer addresses are refused.
MAX_URL = 500


class SiteProfile(models.Model):
    """A person who signed in with their own site. We encoded the photo ourselves."""

    me = models.URLField(_("site"), max_length=MAX_URL, unique=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    photo = models.ImageField(_("photo"), upload_to="photos/", blank=True)
    fetched = models.DateTimeField(_("fetched"), default=timezone.now)

    class Meta:
        verbose_name = _("site profile")
        verbose_name_plural = _("site profiles")
        ordering = ["me"]

    def __str__(self) -> str:
        return self.name or self.me


class Rsvp(models.TextChoices):
    """The values of ``p-rsvp``, and a plain mention."""

    YES = "yes", _("is coming")
    MAYBE = "maybe", _("may come")
    INTERESTED = "interested", _("is interested")
    NO = "no", _("is not coming")
    MENTION = "", _("mentioned this")


class Response(models.Model):
    """An answer to a room from another site, received as a webmention and verified."""

    class State(models.TextChoices):
        NEW = "new", _("not decided")
        SHOWN = "shown", _("shown")
        HIDDEN = "hidden", _("hidden")

    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="responses"
    )
    source = models.URLField(_("source"), max_length=MAX_URL)
    rsvp = models.CharField(_("answer"), max_length=10, choices=Rsvp.choices, blank=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    url = models.URLField(_("site"), max_length=MAX_URL, blank=True)
    photo = models.ImageField(_("photo"), upload_to="photos/", blank=True)
    text = models.CharField(_("text"), max_length=500, blank=True)
    state = models.CharField(
        _("state"), max_length=6, choices=State.choices, default=State.NEW, db_index=True
    )
    received = models.DateTimeField(_("received"), default=timezone.now)

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["-received"]
        constraints = [
            models.UniqueConstraint(fields=["room", "source"], name="one_response_per_source")
        ]

    def __str__(self) -> str:
        return f"{self.name or self.url or self.source} {self.get_rsvp_display()}"


@receiver(post_delete, sender=Response)
def _delete_photo(instance: Response, **_kwargs: object) -> None:
    """Also if the room was deleted, and its responses with it."""
    photo = instance.photo
    if photo:
        transaction.on_commit(lambda: photo.storage.delete(str(photo.name)))


class Webmention(models.Model):
    """A webmention that waits to be verified (``incoming``) or sent. A finished one stays a while.

    ``due`` is when to try next; None: finished, and ``outcome`` says how.
    """

    incoming = models.BooleanField(_("incoming"))
    source = models.URLField(_("source"), max_length=MAX_URL)
    target = models.URLField(_("target"), max_length=MAX_URL)
    due = models.DateTimeField(_("next attempt"), null=True, blank=True, default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    outcome = models.CharField(_("outcome"), max_length=200, blank=True)
    created = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("webmention")
        verbose_name_plural = _("webmentions")
        ordering = ["-created"]
        indexes = [models.Index(fields=["due"], name="webmentions_that_wait")]
        constraints = [
            models.UniqueConstraint(
                fields=["incoming", "source", "target"], name="one_webmention_per_pair"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"
