"""A personal site: the *other* side of webmentions, signing in and publishing.

It is one server with pages that tests write. Each protocol is a module of its own beside this one,
which adds its routes to the server; the site only puts them together.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from PIL import Image

from tests.sites import pages, webmentions
from tests.sites.server import Reply, Server
from tests.sites.webmentions import ENDPOINT, Inbox, Sent

NAME = "Ann Example"
PHOTO = "/photo.png"


class ReferenceSite:
    """``url`` is its home page without a slash at the end; ``netloc`` is for FETCH_PRIVATE."""

    def __init__(self, name: str = NAME) -> None:
        self.server = Server()
        self.name = name
        self.url, self.netloc = self.server.url, self.server.netloc
        self.inbox = Inbox(self.server)
        self.photo = f"{self.url}{PHOTO}"
        self.server.routes["GET", PHOTO] = lambda _request: Reply(
            _portrait(), media_type="image/png"
        )
        self.write("/", pages.home(name, f"{self.url}/", PHOTO))

    @property
    def author(self) -> str:
        """The ``h-card`` to put into a post."""
        return pages.card(self.name, f"{self.url}/", PHOTO)

    def write(
        self,
        path: str,
        html: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Put a page at ``path``, or replace it; return its address."""
        self.server.routes["GET", path] = lambda _request: Reply(html, status, headers or {})
        return f"{self.url}{path}"

    def reply(self, path: str, target: str, rsvp: str = "", text: str = "See you there.") -> str:
        """Write a post that answers ``target``; return its address."""
        return self.write(path, pages.reply(target, self.author, rsvp, text))

    def mention(self, path: str, target: str) -> str:
        """Write a post that links to ``target``; return its address."""
        return self.write(path, pages.mention(target, self.author))

    def page_with_endpoint(self, path: str, how: str = "header") -> str:
        """Write a page that takes webmentions; ``how`` it says so is header, link or a."""
        head = f'<link rel="webmention" href="{ENDPOINT}">' if how == "link" else ""
        body = f'<a rel="webmention" href="{ENDPOINT}">reply</a>' if how == "a" else "A page."
        header = {"Link": f'<{ENDPOINT}>; rel="webmention"'} if how == "header" else {}
        return self.write(path, pages.page(body, head), headers=header)

    def send(self, source: str, target: str) -> Sent:
        """Send a webmention, as this site's software would."""
        return webmentions.send(source, target)

    def close(self) -> None:
        self.server.close()


@contextmanager
def reference_site(name: str = NAME) -> Iterator[ReferenceSite]:
    site = ReferenceSite(name)
    try:
        yield site
    finally:
        site.close()


def _portrait() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (120, 120), "#3b7a57").save(out, "PNG")
    return out.getvalue()
