"""What both sides accept as the address of a Redis. It holds a password: no text repeats it."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

# Options after the "?" that name a file.
FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
OPTIONS = (
    *FILES,
    "ssl_ca_path",
    "ssl_cert_reqs",
    "ssl_check_hostname",
    "db",
    "client_name",
    "protocol",
)


class Problem(NamedTuple):
    """What is wrong with an address, and what to do."""

    message: str
    hint: str


def redis_url_problem(url: str) -> Problem | None:
    """Look for mistakes that would otherwise show only in use, as a Redis that is away."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme == "unix" or parts.port != 0
    except ValueError:
        valid = False
    if not valid or not re.match("(redis|rediss|unix)://", url):
        return Problem(
            "not a Redis address.",
            "Write it as in redis://:password@host:6379/0, with rediss:// for TLS or unix:// for"
            " a socket. Special characters in the password must be percent-encoded.",
        )
    for option, value in parse_qsl(parts.query, keep_blank_values=True):
        if option not in OPTIONS:
            # It may be a part of a password with a "?" in it.
            return Problem(
                'an option after the "?" is unknown.',
                f'There are {", ".join(OPTIONS)}. A "?" in a password must be written as %3F.',
            )
        if option.startswith("ssl_") and parts.scheme != "rediss":
            return Problem(f"{option!r} is for TLS.", "Begin the address with rediss://.")
        if option in FILES and (why := _unreadable(value)):
            return Problem(
                f"the file of {option!r} cannot be read: {why}.", "Give the path of a file."
            )
    return None


def _unreadable(path: str) -> str:
    try:
        with open(path, "rb"):
            return ""
    except OSError as exc:
        return exc.strerror or type(exc).__name__
