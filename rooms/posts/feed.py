"""The Atom feed of the posts (RFC 4287), with their whole text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rooms.entry.sharing import absolute
from rooms.models import Post
from rooms.posts.publishing import author_names

MAX_ENTRIES = 20

# What XML 1.0 cannot contain (section 2.2).
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class _Feed(Atom1Feed):
    """Adds what Django's class lacks: the content, and several authors."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, {**item, "description": None})
        for name in item["authors"]:
            handler.startElement("author", {})
            handler.addQuickElement("name", name)
            handler.endElement("author")
        handler.addQuickElement("content", item["content"], {"type": "html"})


def title() -> str:
    return _("Notes at {site}").format(site=settings.SITE_URL.partition("://")[2])


def atom(posts: Iterable[Post]) -> bytes:
    """A feed of these posts, as bytes in UTF-8."""
    address = absolute(reverse("posts_feed"))
    feed = _Feed(
        title=title(),
        link=absolute(reverse("posts")),
        description="",
        language=get_language(),
        feed_url=address,
        feed_guid=address,
        author_name=title(),
    )
    for post in posts:
        link = absolute(post.get_absolute_url())
        feed.add_item(
            title=_NOT_XML.sub("", post.title),
            link=link,
            description="",
            unique_id=link,
            pubdate=post.published,
            updateddate=post.updated,
            authors=[_NOT_XML.sub("", name) for name in author_names(post)],
            content=_NOT_XML.sub("", post.html),
        )
    return feed.writeString("utf-8").encode()
