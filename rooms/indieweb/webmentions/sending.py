"""Telling other sites that a page of ours links to theirs."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from django.utils import timezone

from rooms.fetching import fetch
from rooms.indieweb.webmentions import links, queue, targets
from rooms.indieweb.webmentions.verifying import ACCEPT, MAX_BYTES, SECONDS, check
from rooms.models import Room, Webmention
from rooms.roles import VisitorPolicy
from rooms.templatetags.linked import parts

# A page with more links than this is hardly about all of them.
MAX_LINKS = 50

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def send_for(source_url: str, found: Iterable[str]) -> int:
    """Let a webmention wait for each link of a public page of ours; return how many.

    Call it again when the page changes, with the links that went away too: their sites learn so
    that they are gone.
    """
    others = dict.fromkeys(link.partition("#")[0] for link in found if not targets.is_ours(link))
    chosen = list(others)[:MAX_LINKS]
    queue.add(source_url, chosen, timezone.now(), incoming=False)
    return len(chosen)


def send_for_room(room: Room, before: Room | None) -> int:
    """The same for a room that was saved; ``before`` is what it was, None for a new one."""
    if room.visitors == VisitorPolicy.NOTHING:
        return 0
    was_public = before is not None and before.visitors != VisitorPolicy.NOTHING
    old = before.description if before is not None and was_public else ""
    if was_public and old == room.description:
        return 0
    page = targets.Page("room", room.slug)
    return send_for(page.url, [*in_text(room.description), *in_text(old)])


def in_text(text: str) -> list[str]:
    """The addresses in a text."""
    return [part for part, is_address in parts(text) if is_address]


def deliver(row: Webmention) -> str:
    """Send a webmention; return what happened. Raises FetchError."""
    source = targets.page(row.source)
    if source is None or not source.is_public():
        return "The page is not public any more."
    target = fetch(row.target, max_bytes=MAX_BYTES, seconds=SECONDS, accept=ACCEPT)
    check(target)
    endpoint = links.endpoint(target)
    if endpoint is None:
        return "The site takes no webmentions."
    body = urlencode({"source": row.source, "target": row.target}).encode()
    check(fetch(endpoint, method="POST", headers=FORM, body=body, seconds=SECONDS))
    return "Sent."
