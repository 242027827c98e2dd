"""Posts: their pages, as Markdown, their list and their feed. They are the same for everyone."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import http_date
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from rooms import site_time
from rooms.entry.sharing import absolute
from rooms.looks import chosen
from rooms.looks.stylesheet import look
from rooms.models import Post, Room
from rooms.posts import feed
from rooms.posts.publishing import author_names
from rooms.posts.sanitise import text_of
from rooms.roles import VisitorPolicy

# Seconds until a changed or withdrawn post is seen by those who have read it.
FRESH_SECONDS = 60
POSTS_PER_PAGE = 20


@require_safe
@conditional_page
def post(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a post, or 410 with a page that says that it was withdrawn."""
    found = _post(slug)
    if found.withdrawn:
        gone = _page("rooms/posts/withdrawn.html", {"title": _("This post was withdrawn")}, 410)
        gone["Cache-Control"] = "no-cache"
        return gone
    values = {
        "post": found,
        "body": mark_safe(found.html),
        "authors": author_names(found),
        "room": public_room(found),
        "title": found.title,
        "description": excerpt(found, 200),
        "canonical": absolute(found.get_absolute_url()),
        "markdown": absolute(reverse("post_markdown", args=[slug])),
        # Answers to a post are shown with its room.
        "webmention": absolute(reverse("webmention")) if found.room else "",
    }
    if background := look(chosen.background(found.room) if found.room else None):
        values |= {
            "background": background,
            "look_url": background.stylesheet,
            "picture": absolute(background.url),
        }
    changed = found.updated
    if found.room is not None:
        changed = max(changed, found.room.changed)
    return _lasting(_page("rooms/posts/post.html", values), changed)


@require_safe
@conditional_page
def post_markdown(request: HttpRequest, slug: str) -> HttpResponse:
    """The text of a post for programs and editors."""
    found = _post(slug)
    plain = "text/plain; charset=utf-8"
    if found.withdrawn:
        return HttpResponse(_("This post was withdrawn.") + "\n", status=410, content_type=plain)
    heading = found.title.replace("\\", "\\\\").replace("<", "\\<")
    by = ", ".join(author_names(found)).replace("\\", "\\\\").replace("<", "\\<")
    day = site_time.local(found.published).date().isoformat()
    parts = [f"# {heading}", ", ".join(filter(None, [by, day])), found.markdown.strip()]
    parts.append(absolute(found.get_absolute_url()))
    response = HttpResponse(
        "\n\n".join(filter(None, parts)) + "\n", content_type="text/markdown; charset=utf-8"
    )
    return _lasting(response, found.updated)


@require_safe
@conditional_page
def posts(request: HttpRequest) -> HttpResponse:
    """The published posts, the newest first."""
    page = Paginator(_published(), POSTS_PER_PAGE).get_page(request.GET.get("page"))
    values = {
        "page": page,
        "entries": [
            {"post": one, "authors": author_names(one), "excerpt": excerpt(one, 280)}
            for one in page
        ],
        "title": feed.title(),
        "description": _("Notes of calls, newest first."),
        "canonical": absolute(reverse("posts")),
    }
    return _lasting(_page("rooms/posts/list.html", values), _last_change())


@require_safe
@conditional_page
def posts_feed(request: HttpRequest) -> HttpResponse:
    """The newest posts with their whole text, as Atom."""
    body = feed.atom(_published()[: feed.MAX_ENTRIES])
    response = HttpResponse(body, content_type="application/atom+xml; charset=utf-8")
    return _lasting(response, _last_change())


def public_room(post: Post) -> Room | None:
    """The post's room, if strangers may know of it."""
    room = post.room
    public = room is not None and room.visitors != VisitorPolicy.NOTHING and not room.closed
    return room if public else None


def excerpt(post: Post, letters: int) -> str:
    """How the post begins, as text: its paragraphs, or all of it if it has none."""
    beginning = re.sub(r"<[^>]*\Z", "", post.html[: letters * 20])
    beginning = " ".join(re.findall(r"<p>(.*?)(?:</p>|\Z)", beginning, re.DOTALL)) or beginning
    return Truncator(" ".join(text_of(beginning).split())).chars(letters)


def _post(slug: str) -> Post:
    found = Post.objects.select_related("room__background").filter(slug=slug).first()
    if found is None:
        raise Http404
    return found


def _published() -> QuerySet[Post]:
    return Post.objects.filter(withdrawn=False).order_by("-published", "-pk")


def _last_change() -> datetime | None:
    last: datetime | None = Post.objects.aggregate(last=Max("updated"))["last"]
    return last


def _page(template: str, values: dict[str, Any], status: int = 200) -> HttpResponse:
    """Rendered without the request, so that no session is looked at."""
    values["feed"] = {"url": absolute(reverse("posts_feed")), "title": feed.title()}
    values["posts"] = reverse("posts")
    return HttpResponse(render_to_string(template, values), status=status)


def _lasting(response: HttpResponse, changed: datetime | None) -> HttpResponse:
    response["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    if changed is not None:
        response["Last-Modified"] = http_date(changed.timestamp())
    return response
