"""The address of a person's site, as IndieAuth wants it (section 3.2 of its specification)."""

from __future__ import annotations

import re

from django.conf import settings

from rooms import fetching
from rooms.entry.passes import MAX_ME
from rooms.entry.sites import domains
from rooms.fetching import targets

_DOTS = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


class BadAddress(ValueError):
    """Not the address of a person's site."""


def normalise(text: str) -> str:
    """The canonical form: in ASCII, with a path. Without a scheme, https is meant.

    Raises BadAddress, also for an address with a port or a number in place of a name, unless
    ``FETCH_PRIVATE`` lists it: an intranet has such addresses.
    """
    text = text.strip()
    if not re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE):
        text = "https://" + text
    if "#" in text:
        raise BadAddress
    try:
        target = targets.parse(text)
        if not target.is_among(settings.FETCH_PRIVATE):
            domains.to_ascii(target.host)
            if ":" in target.netloc or "." not in target.host:
                raise BadAddress
    except (fetching.Refused, domains.BadDomain):
        raise BadAddress from None
    path = target.path.partition("?")[0]
    if any(_DOTS.fullmatch(part) for part in path.split("/")) or len(target.url) > MAX_ME:
        raise BadAddress
    return target.url


def shown(me: str) -> str:
    """How people write such an address: without the scheme, and without a slash at its end."""
    return me.partition("://")[2].removesuffix("/")
