"""The door to a room in another site's sidebar: a small page, or a picture for a plain link."""

from __future__ import annotations

import textwrap

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from rooms.cards import door
from rooms.cards.cache import Page
from rooms.cards.door import Door
from rooms.page import moments
from rooms.views.sites.card import answer, page, squeezed, stored

# The picture loads nothing, and no page shows it as a document of its own.
POLICY = "default-src 'none'; frame-ancestors 'none'"

GREEN, GREY = "#22a04f", "#8a909c"

# Characters of a line in the picture, its lines, and pixels.
LINE, LINES, TOP, STEP = 30, 5, 46, 16


@csrf_exempt
@require_safe
def room(request: HttpRequest, slug: str) -> HttpResponse:
    """The door as a page for a frame."""
    return answer(request, f"d {slug}", lambda: html(door.of_room(slug, timezone.now())))


@csrf_exempt
@require_safe
def image(request: HttpRequest, slug: str) -> HttpResponse:
    """The door as a picture, for any site: whether the host is in, and when the room opens."""
    response = answer(request, f"s {slug}", lambda: picture(door.of_room(slug, timezone.now())))
    # Also for pages that take only what says so (Cross-Origin-Embedder-Policy).
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def html(made: Door) -> Page:
    """The door as a page."""
    context = {
        "door": made,
        "opens": moments.tag(made.opens) if made.opens else "",
        "closes": "",
    }
    return page("door", context, {}, made.sources, made.found)


def picture(made: Door) -> Page:
    """The door as an SVG. Its times are in the site's zone, which they name."""
    opens = moments.words(made.opens) if made.opens else ""
    said = [made.title, _("It opens on {moment}.").format(moment=opens) if opens else ""]
    wrapped = [
        line for text in said for line in textwrap.wrap(text, LINE, max_lines=3, placeholder="…")
    ]
    lines = [{"text": line, "y": TOP + STEP * at} for at, line in enumerate(wrapped[:LINES])]
    height = TOP + STEP * len(lines) - (0 if lines else 2)
    context = {
        "door": made,
        "words": ". ".join(filter(None, [made.state, *said])),
        "lines": lines,
        "height": height,
        "edge": height - 2,
        "lamp": GREEN if made.colour == "green" else GREY,
    }
    text = squeezed(render_to_string("rooms/cards/door.svg", context))
    return stored(text, "image/svg+xml", POLICY, made.found)
