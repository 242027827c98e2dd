"""What the call page tells a visitor who follows an invite."""

from __future__ import annotations

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

CONFIG = re.compile(r'<script id="config" type="application/json">(.*?)</script>', re.DOTALL)
HTTP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Door:
    """What the call page told one visitor."""

    slug: str
    pass_: str
    socket: str
    origin: str
    cookie: str


def open_door(link: str) -> Door:
    """Follow an invite as a new browser would. Raises OSError with the server's answer."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    # Programs get a preview of the link, see rooms.views.previews.
    opener.addheaders += [("Sec-Fetch-Mode", "navigate")]
    try:
        with opener.open(link, timeout=HTTP_SECONDS) as response:
            page, address = response.read().decode(), urllib.parse.urlsplit(response.geturl())
    except urllib.error.HTTPError as exc:
        raise OSError(f"{link} says {exc.code} {exc.reason}") from exc
    found = CONFIG.search(page)
    if found is None:
        raise OSError(f"{link} does not lead to a call page")
    config = json.loads(found[1])
    scheme = "wss" if address.scheme == "https" else "ws"
    return Door(
        slug=config["room"]["slug"],
        pass_=config["pass"],
        socket=f"{scheme}://{address.netloc}{config['ws']}",
        origin=f"{address.scheme}://{address.netloc}",
        cookie="; ".join(f"{cookie.name}={cookie.value}" for cookie in jar),
    )
