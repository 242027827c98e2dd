"""Verifying what other sites told us: the source is fetched, and must link to our page."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction

from rooms.fetching import Answer, Failed, FetchError, fetch
from rooms.indieweb import microformats
from rooms.indieweb.photos import fetch_photo
from rooms.indieweb.webmentions import links, reading, targets
from rooms.indieweb.webmentions.targets import Page
from rooms.models import Response, Room, Webmention

MAX_BYTES = 1_000_000
SECONDS = 10.0
AUTHOR_SECONDS = 5.0
PHOTO_SECONDS = 8.0

# The owner decides about these one by one. More wait elsewhere.
MAX_UNDECIDED = 500

GONE = (404, 410)
ACCEPT = "text/html, application/xhtml+xml;q=0.9"


def verify(row: Webmention) -> str:
    """Store, change or remove the response; return what happened. Raises FetchError."""
    page = targets.page(row.target)
    room = page.room() if page else None
    if page is None or room is None:
        return "The page is not public any more."
    source = fetch(row.source, max_bytes=MAX_BYTES, seconds=SECONDS, accept=ACCEPT)
    if source.status in GONE:
        return _remove(room, row.source, "The source is gone.")
    check(source)
    if not any(targets.page(link) == page for link in links.links(source)):
        return _remove(room, row.source, "The source does not link to the page.")
    return _store(room, row.source, read(source, page))


def check(answer: Answer) -> None:
    """Raise FetchError if a site did not answer as it should."""
    if answer.status == 429 or answer.status >= 500:
        raise Failed(f"The site answers with the status {answer.status}.")
    if not answer.ok:
        raise FetchError(f"The site answers with the status {answer.status}.")


def read(source: Answer, page: Page) -> reading.Reading:
    """What the source says, with its author's page where that is needed."""
    parsed = microformats.parse(source)
    found = reading.read(parsed, lambda url: targets.page(url) == page)
    if found.author_page and not found.author.name:
        return replace(found, author=_author(found) or found.author)
    return found


def _author(found: reading.Reading) -> microformats.Card | None:
    try:
        answer = fetch(
            found.author_page, max_bytes=MAX_BYTES, seconds=AUTHOR_SECONDS, accept=ACCEPT
        )
    except FetchError:
        return None
    card = microformats.representative(microformats.parse(answer), answer.url)
    return card if answer.ok and card.name else None


def _store(room: Room, source: str, found: reading.Reading) -> str:
    known = Response.objects.filter(room=room, source=source).first()
    undecided = Response.objects.filter(room=room, state=Response.State.NEW)
    if known is None and undecided.count() >= MAX_UNDECIDED:
        return "Too many responses of this room wait for a decision."
    author = reading.named(found.author, source)
    photo = fetch_photo(author.photo, PHOTO_SECONDS) if author.photo else None
    response = known or Response(room=room, source=source)
    response.rsvp, response.text = found.rsvp, found.text
    response.name, response.url = author.name, author.url
    _save(response, photo)
    return "The response was changed." if known else "The response was stored."


def _save(response: Response, photo: ContentFile[bytes] | None) -> None:
    """With its new photo; the old one is deleted once the change is committed."""
    before = response.photo.name if response.photo else ""
    if photo is not None:
        response.photo.save(str(photo.name), photo, save=False)
    elif before:
        response.photo = ""
    try:
        with transaction.atomic():
            response.save()
            if before:
                transaction.on_commit(partial(response.photo.storage.delete, before))
    except BaseException:
        if photo is not None:
            response.photo.delete(save=False)
        raise


def _remove(room: Room, source: str, reason: str) -> str:
    count, _rows = Response.objects.filter(room=room, source=source).delete()
    return f"{reason} The response was removed." if count else reason
