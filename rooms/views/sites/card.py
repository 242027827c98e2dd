"""The still card of a room or an invite in another site's page, see ``rooms.cards``.

One small answer, the same for everyone: no cookie, no script of ours, nothing to load but the
picture. The text of the only script is in the page, and only if a time is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from rooms.cards import cache, card
from rooms.cards.cache import Page
from rooms.cards.card import Card
from rooms.looks import colours
from rooms.looks.stylesheet import DARK_DANGER, DARK_PANEL, accent
from rooms.page import moments
from rooms.security import inline_policy

# For the button of a card without a background, as in static/rooms/css/tokens.css.
ACCENT = "#8fb0ff"

# Seconds. The number of people in the call may be as old as that, and as cache.KEPT_SECONDS.
MAX_AGE = 10

# As ui/moments.js does.
SCRIPT = (
    "for(const t of document.querySelectorAll('time')){"
    "const p=document.documentElement.lang,"
    "l=navigator.languages.find(v=>v.split('-')[0]==p.split('-')[0])??p;"
    "t.textContent=new Intl.DateTimeFormat(l,{dateStyle:'full',timeStyle:'short'})"
    ".format(new Date(t.dateTime))}"
)


@csrf_exempt
@require_safe
def room(request: HttpRequest, slug: str) -> HttpResponse:
    """The card of a room."""
    return answer(request, f"r {slug}", lambda: html(card.of_room(slug, timezone.now())))


@csrf_exempt
@require_safe
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """The card of an invite. It uses nothing up."""
    return answer(request, f"i {token}", lambda: html(card.of_invite(token, timezone.now())))


def html(made: Card) -> Page:
    """The card as a page."""
    picture = made.background
    focal = f"{picture.focal_x}% {picture.focal_y}%" if picture else "50% 50%"
    colour = accent(picture.accent, DARK_PANEL, DARK_DANGER) if picture else ACCENT
    context = {
        "card": made,
        "thumbnail": (picture.thumbnail or picture.image).url if picture else "",
        "opens": moments.tag(made.opens) if made.opens else "",
        "closes": moments.tag(made.closes) if made.closes else "",
    }
    look = {"focal": focal, "accent": colour, "on_accent": colours.on(colour)}
    return page("card", context, look, made.sources, made.found)


def page(
    name: str, context: dict[str, Any], look: dict[str, str], sources: str, found: bool
) -> Page:
    """A page from the templates of this name, with its style and script inside."""
    style = squeezed(render_to_string(f"rooms/cards/{name}.css", look))
    script = SCRIPT if context["opens"] or context["closes"] else ""
    values = {"style": mark_safe(style), "script": mark_safe(script)}
    text = squeezed(render_to_string(f"rooms/cards/{name}.html", context | values))
    policy = inline_policy(style, script, sources)
    return stored(text, "text/html; charset=utf-8", policy, found)


def squeezed(text: str) -> str:
    """A template's text without its indentation and empty lines."""
    return "\n".join(filter(None, map(str.strip, text.splitlines())))


def stored(text: str, kind: str, policy: str, found: bool) -> Page:
    """The answer with its headers."""
    body = text.encode()
    headers = {
        "Content-Type": kind,
        "Content-Security-Policy": policy,
        "Cache-Control": f"public, max-age={MAX_AGE}",
        "ETag": f'"{hashlib.sha256(policy.encode() + body).hexdigest()[:20]}"',
    }
    return Page(body, headers, 200 if found else 404, found)


def answer(request: HttpRequest, key: str, make: Callable[[], Page]) -> HttpResponse:
    """The page of this key, or 304 if the browser has it."""
    kept = cache.page(key, make)
    whole = HttpResponse(kept.body, status=kept.status, headers=kept.headers)
    response = whole
    if kept.found:
        known = get_conditional_response(request, kept.headers["ETag"], response=whole)
        response = known or whole
    # Also with 304, whose headers take the place of those that the browser has.
    response["Content-Security-Policy"] = kept.headers["Content-Security-Policy"]
    # The policy says who may frame it, which this header cannot.
    response.xframe_options_exempt = True
    return response
