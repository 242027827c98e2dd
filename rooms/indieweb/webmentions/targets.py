"""The pages of ours that other sites may answer to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import Resolver404, resolve, reverse

from rooms.entry.sharing import absolute
from rooms.models import Post, Room
from rooms.roles import VisitorPolicy


@dataclass(frozen=True, slots=True)
class Page:
    """The address of a room or of a post, which need not exist. ``kind`` is its URL's name."""

    kind: str
    slug: str

    @property
    def url(self) -> str:
        """The one way to write its address."""
        return absolute(reverse(self.kind, args=[self.slug]))

    def is_public(self) -> bool:
        """Whether strangers may see it."""
        return self._rooms().exists() if self.kind == "room" else self._posts().exists()

    def room(self) -> Room | None:
        """The room that answers belong to, if strangers may see this page."""
        if self.kind == "room":
            return self._rooms().first()
        post = self._posts().select_related("room").first()
        return post.room if post is not None else None

    def _rooms(self) -> QuerySet[Room]:
        return Room.objects.filter(slug=self.slug).exclude(visitors=VisitorPolicy.NOTHING)

    def _posts(self) -> QuerySet[Post]:
        return Post.objects.filter(slug=self.slug, withdrawn=False)


def is_ours(url: str) -> bool:
    """Whether an address is on this site."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}".lower() in settings.SITE_ORIGINS
    except ValueError:
        return False


def page(url: str) -> Page | None:
    """The page that an address means, with or without a query, a fragment or the last slash."""
    if not is_ours(url):
        return None
    path = urlsplit(url).path
    try:
        match = resolve(path if path.endswith("/") else f"{path}/")
    except Resolver404:
        return None
    kind = match.url_name or ""
    return Page(kind, match.kwargs["slug"]) if kind in ("room", "post") else None
