"""Which sites may show a room in a frame: "Allowed embedding origins", one a line. Pure rules.

The lines are stored as the owner's form has cleaned them. What reaches the header is cleaned again,
so that no stored text can add a directive to it.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Protocol

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from rooms import hostnames
from rooms.security import content_security_policy

# All of them are in one header. Proxies commonly allow 8 kB of headers.
MOST = 50
LONGEST = 120  # characters

DEFAULT_PORTS = {"http": 80, "https": 443}

_LINE = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[^/?#\\]*)(?P<rest>.*)", re.I | re.S)
_PORT = re.compile(r":(?P<port>\d{0,5})\Z", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z", re.ASCII)
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)\Z", re.ASCII)


class Framed(Protocol):
    """What is read of a room."""

    @property
    def embed_origins(self) -> str: ...


class BadOrigin(ValueError):
    """A line is no origin. The text says why and what to write."""


@functools.lru_cache(maxsize=256)
def _origins(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for line in text.splitlines():
        try:
            found[parse(line)] = None
        except BadOrigin:
            continue
        if len(found) == MOST:
            break
    return tuple(found)


def origins(text: str) -> list[str]:
    """The origins in a stored text, in the form in which browsers compare them."""
    return list(_origins(text))


def ancestors(room: Framed) -> str:
    """The sources of ``frame-ancestors`` for a room's pages: our own and the listed ones."""
    return " ".join(["'self'", *origins(room.embed_origins)])


def frameable(response: HttpResponse, room: Framed) -> HttpResponse:
    """Let the room's sites show this page of the room in a frame."""
    return let_frame(response, ancestors(room))


def let_frame(response: HttpResponse, sources: str) -> HttpResponse:
    """Let sites show this page in a frame. ``X-Frame-Options`` cannot name them."""
    response["Content-Security-Policy"] = content_security_policy(frame_ancestors=sources)
    if sources == "'self'":
        response["X-Frame-Options"] = "SAMEORIGIN"
    else:
        # Django's middleware would add DENY.
        response.xframe_options_exempt = True
    return response


def clean(text: str) -> str:
    """What to store of the owner's text. Raises ValidationError, with one message a bad line."""
    found: dict[str, None] = {}
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found[parse(line)] = None
        except BadOrigin as exc:
            problems.append(
                _("Line {number}, “{line}”: {problem}").format(
                    number=number, line=_shown(line), problem=exc
                )
            )
    if len(found) > MOST:
        problems.append(
            _("There are {count} sites here, but at most {most} are possible.").format(
                count=len(found), most=MOST
            )
        )
    if problems:
        raise ValidationError(problems[:MOST])
    return "\n".join(found)


def parse(line: str) -> str:
    """The origin in a line as browsers write it. Raises BadOrigin."""
    text = line.strip()
    if text.lower() == "null":
        raise BadOrigin(_("“null” stands for pages without an address. They cannot be allowed."))
    if "*" in text:
        raise BadOrigin(_("“*” is not possible. Write each site on its own line."))
    if re.search(r"[\s,;]", text):
        raise BadOrigin(_("Write one site on each line, with nothing else."))
    found = _LINE.fullmatch(text)
    if found is None:
        raise BadOrigin(_("Begin with https://, as in https://blog.example.org."))
    scheme, place, rest = found["scheme"].lower(), found["host"], found["rest"]
    if scheme not in DEFAULT_PORTS:
        raise BadOrigin(_("The address must begin with https:// or http://."))
    if "@" in place:
        raise BadOrigin(_("Leave out the user name and the password."))
    if rest not in ("", "/"):
        raise BadOrigin(
            _("Leave out everything after the name of the site, as in {origin}.").format(
                origin=f"{scheme}://{_shown(place)}"
            )
        )
    host, port = _split(place)
    origin = f"{scheme}://{_host(host)}"
    if port is not None and port != DEFAULT_PORTS[scheme]:
        origin += f":{port}"
    if len(origin) > LONGEST:
        raise BadOrigin(_("This is longer than {most} characters.").format(most=LONGEST))
    return origin


def _split(place: str) -> tuple[str, int | None]:
    """Host and port; None without a port."""
    if place.startswith("["):
        # The grammar of the header has no IPv6 addresses.
        raise BadOrigin(_("Write the site's name in place of its IPv6 address."))
    host, colon, _after = place.partition(":")
    if not colon:
        return host, None
    found = _PORT.fullmatch(place[len(host) :])
    if found is None:
        raise BadOrigin(_("The part after the colon is not a port. Leave it out."))
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        raise BadOrigin(_("A port is a number from 1 to 65535."))
    return host, port


def _host(name: str) -> str:
    """A host's name in ASCII letters, digits and hyphens."""
    try:
        host = hostnames.to_ascii(name)
    except hostnames.BadHost:
        host = ""
    labels = host.split(".")
    if len(host) > hostnames.LONGEST or not all(_LABEL.match(label) for label in labels):
        raise BadOrigin(
            _("This is not the name of a site. Copy it from the address bar of your browser.")
        )
    if _NUMBER.match(labels[-1]) and not _is_ipv4(labels):
        raise BadOrigin(_("This is not a complete IP address, such as 192.0.2.7."))
    return host


def _is_ipv4(labels: list[str]) -> bool:
    return len(labels) == 4 and all(
        label.isdigit() and int(label) < 256 and str(int(label)) == label for label in labels
    )


def _shown(text: str) -> str:
    """A line for a message: short, without characters that are not visible."""
    visible = "".join(c for c in text.strip() if unicodedata.category(c) not in ("Cf", "Cc"))
    return visible if len(visible) <= 60 else visible[:59] + "…"
