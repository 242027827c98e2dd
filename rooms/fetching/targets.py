"""From an address that somebody wrote to what is needed to ask for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from rooms import hostnames
from rooms.fetching.errors import Refused

LONGEST = 2000  # characters

# What programs read in different ways: blanks, control characters and backslashes.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f-\x9f\\\s]")
_PORTS = {"http": 80, "https": 443}
# Below, other services than web servers listen.
_FIRST_FREE_PORT = 1024


@dataclass(frozen=True, slots=True)
class Target:
    """``host`` is in ASCII and lower case, without brackets; ``path`` has the query, in ASCII."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        """As in the header ``Host``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def url(self) -> str:
        return f"{self.origin}{self.path}"

    def is_among(self, names: Sequence[str]) -> bool:
        """Whether one of ``names`` (``host`` or ``host:port``) means this target."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host in names or f"{host}:{self.port}" in names

    @property
    def has_usual_port(self) -> bool:
        return self.port in _PORTS.values() or self.port >= _FIRST_FREE_PORT


def parse(url: str) -> Target:
    """Raises Refused, which says what is wrong with the address."""
    if len(url) > LONGEST:
        raise Refused("The address is too long.")
    if _AMBIGUOUS.search(url):
        raise Refused("The address contains a blank or a character that is not allowed.")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = hostnames.to_ascii(parts.hostname or "").rstrip(".")
    except ValueError as exc:  # BadHost is one too
        raise Refused("The address cannot be understood.") from exc
    if parts.scheme not in _PORTS:
        raise Refused("The address does not begin with https:// or http://.")
    if "@" in parts.netloc:
        raise Refused("The address contains a user name or a password.")
    if not re.fullmatch(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}", host):
        raise Refused("The address has no valid host name.")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return Target(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path)


def join(base: str, address: str) -> str:
    """``address`` as a page at ``base`` means it. Raises Refused."""
    try:
        return urljoin(base, address)
    except ValueError as exc:
        raise Refused("The address cannot be understood.") from exc
