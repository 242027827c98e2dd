"""Pages of a reference site, as personal sites write them: h-card and h-entry."""

from __future__ import annotations

from html import escape


def card(name: str, site: str, photo: str = "") -> str:
    """An ``h-card``, which is the author of the posts around it."""
    image = f'<img class="u-photo" src="{escape(photo)}" alt="">' if photo else ""
    link = f'<a class="p-name u-url" href="{escape(site)}">{escape(name)}</a>'
    return f'<span class="p-author h-card">{image}{link}</span>'


def home(name: str, site: str, photo: str = "", head: str = "") -> str:
    """The page that says who somebody is. ``head`` has links to endpoints."""
    image = f'<img class="u-photo" src="{escape(photo)}" alt="">' if photo else ""
    return page(
        f'<div class="h-card">{image}'
        f'<a class="p-name u-url u-uid" rel="me" href="{escape(site)}">{escape(name)}</a></div>',
        head,
    )


def reply(target: str, author: str, rsvp: str = "", text: str = "See you there.") -> str:
    """A post that answers ``target``; with ``rsvp``, whether its author comes."""
    answer = f'<data class="p-rsvp" value="{escape(rsvp)}"></data>' if rsvp else ""
    return page(
        f'<article class="h-entry">{author}{answer}'
        f'<a class="u-in-reply-to" href="{escape(target)}">the call</a>'
        f'<p class="e-content">{text}</p></article>'
    )


def mention(target: str, author: str) -> str:
    """A post that links to ``target`` in its text."""
    return page(
        f'<article class="h-entry">{author}<h1 class="p-name">News</h1>'
        f'<p class="e-content">Look at <a href="{escape(target)}">this</a>.</p></article>'
    )


def page(body: str, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A site</title>{head}'
        f"</head><body>{body}</body></html>"
    )
