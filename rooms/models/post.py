"""Notes that the owner has published."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rooms.models.record import Call
from rooms.models.room import Room, slug_validator


class Post(models.Model):
    """The notes of a call as a page of the site. ``html`` is sanitised.

    The address stays when the room is deleted or the post is withdrawn and published again.
    """

    room = models.ForeignKey(
        Room,
        verbose_name=_("room"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="posts",
    )
    call = models.ForeignKey(
        Call,
        verbose_name=_("call"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="posts",
    )
    slug = models.CharField(_("address"), max_length=63, unique=True, validators=[slug_validator])
    title = models.CharField(_("title"), max_length=120)
    authors = models.CharField(_("authors"), max_length=300, blank=True)
    html = models.TextField(_("text as HTML"), blank=True)
    markdown = models.TextField(_("text as Markdown"), blank=True, editable=False)
    published = models.DateTimeField(_("published"), default=timezone.now)
    updated = models.DateTimeField(_("updated"), default=timezone.now, editable=False)
    withdrawn = models.BooleanField(
        _("withdrawn"), default=False, help_text=_("The address says that the post is gone.")
    )
    # Where a copy of the post is on the owner's own site.
    copy_url = models.URLField(max_length=500, blank=True, editable=False)

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["-published"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("post", args=[self.slug])
