"""Cards of popular posts, answered without Django.

A post with three cards and 200 readers a second asks 600 times a second for the same three answers.
Django's way from a request to a card that is in its cache is longer than all the rest, so the
finished answer is kept for a second, with the headers that the middleware has added.
"""

from __future__ import annotations

import re
import time
from typing import Any

from rooms import languages

# On top of what rooms.cards.cache keeps.
KEPT_SECONDS = 1.0
MOST = 200

_PORT = re.compile(rb":\d*\Z")

Message = dict[str, Any]
Key = tuple[Any, ...]


class HotCards:
    """An ASGI application in front of Django's."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._kept: dict[Key, tuple[float, list[Message]]] = {}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        key = _key(scope)
        if key is None:
            await self._application(scope, receive, send)
            return
        at, kept = self._kept.get(key, (0.0, []))
        if not kept or time.monotonic() - at > KEPT_SECONDS:
            await self._ask(key, scope, receive, send)
            return
        for message in kept:
            await send(message)

    async def _ask(self, key: Key, scope: dict[str, Any], receive: Any, send: Any) -> None:
        said: list[Message] = []

        async def tell(message: Message) -> None:
            said.append(message)
            await send(message)

        await self._application(scope, receive, tell)
        if _is_whole(said):
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[key] = time.monotonic(), said


def _is_whole(said: list[Message]) -> bool:
    """Whether this is a good answer to its end. Django stops halfway if the reader goes away."""
    end = said[-1] if said else {}
    done = end.get("type") == "http.response.body" and not end.get("more_body")
    return done and said[0].get("status") == 200


def _key(scope: dict[str, Any]) -> Key | None:
    """For requests whose answer is the same for everyone; None for all others.

    The key has only what an answer depends on: the path, the language, whether Django knows the
    host, and whether it redirects to https. No card reads the query, and Django does not check a
    host's port. Were they in the key, made-up ones would push hot cards out.
    """
    if scope["method"] != "GET" or not scope["path"].startswith("/e/"):
        return None
    headers = scope["headers"]
    if any(name == b"if-none-match" for name, _ in headers):
        return None
    hosts = tuple(_PORT.sub(b"", value) for name, value in headers if name == b"host")
    said = b",".join(value for name, value in headers if name == b"x-forwarded-proto")
    https = said.partition(b",")[0].strip() == b"https"  # as Django reads it
    return scope["scheme"], scope["path"], languages.of_headers(headers), hosts, https
