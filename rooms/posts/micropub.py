"""A copy of each post on the owner's own site, by Micropub (https://www.w3.org/TR/micropub/).

The post here is the original: it stays whatever the other site answers.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from rooms import plain_text
from rooms.entry.sharing import absolute
from rooms.fetching import Answer, FetchError, fetch, join
from rooms.models import Post
from rooms.models.sites import MAX_URL

MAX_ANSWER_BYTES = 64 * 1024


class NotTaken(Exception):
    """The other site has not done it. The text says why and what to do, for the owner."""


def is_configured() -> bool:
    return bool(settings.MICROPUB_URL and settings.MICROPUB_TOKEN)


def create(post: Post) -> str:
    """Publish the copy and return its address. Raises NotTaken."""
    answer = _send({"type": ["h-entry"], "properties": _properties(post, new=True)})
    location = answer.headers.get("location", "")
    if answer.status not in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED) or not location:
        raise NotTaken(_("Your site did not say where the copy is. Look for it there."))
    return _address(location)


def update(post: Post) -> str:
    """Bring the copy in line with the post; return its address. Raises NotTaken."""
    answer = _send(
        {"action": "update", "url": post.copy_url, "replace": _properties(post, new=False)}
    )
    location = answer.headers.get("location", "")
    return _address(location) if location else post.copy_url


def delete(post: Post) -> None:
    """Raises NotTaken."""
    _send({"action": "delete", "url": post.copy_url})


def undelete(post: Post) -> None:
    """Raises NotTaken."""
    _send({"action": "undelete", "url": post.copy_url})


def _properties(post: Post, new: bool) -> dict[str, list[Any]]:
    changed: dict[str, list[Any]] = {"name": [post.title], "content": [{"html": post.html}]}
    if not new:
        return changed
    return changed | {
        "published": [post.published.isoformat(timespec="seconds")],
        "syndication": [absolute(post.get_absolute_url())],
        "mp-slug": [post.slug],
    }


def _send(what: dict[str, Any]) -> Answer:
    try:
        answer = fetch(
            settings.MICROPUB_URL,
            method="POST",
            headers={
                "Authorization": f"Bearer {settings.MICROPUB_TOKEN}",
                "Content-Type": "application/json",
            },
            body=json.dumps(what).encode(),
            max_bytes=MAX_ANSWER_BYTES,
            # The token is for this address alone.
            redirects=0,
            accept="application/json",
        )
    except FetchError as exc:
        raise NotTaken(str(exc)) from exc
    if answer.ok:
        return answer
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise NotTaken(_("Your site refused the access token. Check MICROPUB_TOKEN."))
    if answer.status < HTTPStatus.BAD_REQUEST:
        raise NotTaken(_("Your site’s Micropub address has moved. Check MICROPUB_URL."))
    raise NotTaken(
        _("Your site answered with an error (%(status)d). %(reason)s")
        % {"status": answer.status, "reason": _reason(answer.body)}
    )


def _address(location: str) -> str:
    try:
        address = join(settings.MICROPUB_URL, location.strip())
    except FetchError:
        address = ""
    if not address.startswith(("https://", "http://")) or len(address) > MAX_URL:
        raise NotTaken(_("Your site gave the copy an address that cannot be used."))
    return address


def _reason(body: bytes) -> str:
    """What the site says about the error, on a line."""
    try:
        reason = json.loads(body).get("error_description", "")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return plain_text.line(reason, 200) if isinstance(reason, str) else ""
