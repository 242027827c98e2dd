"""Whose sites: domains, one per line, as a host writes them, and whether a site is of one. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from rooms import hostnames

MAX_LINES = 1000

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class BadDomain(ValueError):
    """Not the name of a domain."""


def covers(domains: str, me: str) -> bool:
    """Whether the site ``me`` is of one of the domains, or of one below them.

    Never for an empty ``me``. The lines are as ``validate`` left them.
    """
    host = (urlsplit(me).hostname or "").rstrip(".")
    return bool(host) and any(
        host == domain or host.endswith("." + domain) for domain in domains.lower().split()
    )


def to_ascii(domain: str) -> str:
    """A domain in lower case, without the dot at its end, letters of other scripts in Punycode.

    Raises BadDomain.
    """
    try:
        name = hostnames.to_ascii(domain.strip()).rstrip(".")
    except hostnames.BadHost:
        name = ""
    labels = name.split(".")
    if len(name) > hostnames.LONGEST or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadDomain(domain)
    if labels[-1].isdecimal():  # an address, such as 192.0.2.1
        raise BadDomain(domain)
    return name


def clean(text: str) -> str:
    """The domains as ``covers`` needs them, sorted, each once.

    Raises ValidationError with one error for each bad line.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MAX_LINES:
        raise ValidationError(
            _("There are more than %(limit)d lines. Remove some."), params={"limit": MAX_LINES}
        )
    found: set[str] = set()
    errors = []
    for line in lines:
        try:
            found.add(to_ascii(line))
        except BadDomain:
            message = _("“%(line)s” is not a domain. Write only its name, such as example.org.")
            errors.append(ValidationError(message, params={"line": line[:100]}))
    if errors:
        raise ValidationError(errors)
    return "\n".join(sorted(found))
