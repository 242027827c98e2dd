"""Names of hosts, as browsers send them. Pure."""

from __future__ import annotations

import unicodedata

import idna

LONGEST = 253  # characters


class BadHost(ValueError):
    """Not the name of a host."""


def to_ascii(host: str) -> str:
    """A host in lower case, with letters of other scripts in Punycode (UTS 46, not transitional).

    A name in ASCII stays as it is, because browsers take more of those than IDNA has, such as
    ``a_b.example``; the caller knows which it wants. Raises BadHost.
    """
    if len(host) > LONGEST + 1:  # a dot at the end is possible
        raise BadHost(host)
    # Nobody sees these characters. Browsers leave some of them out; nobody types them on purpose.
    if any(unicodedata.category(char) in ("Cc", "Cf") for char in host):
        raise BadHost(host)
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError as exc:
        raise BadHost(host) from exc
