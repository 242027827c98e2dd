"""From the text of a setting to its value. Each parser raises ``BadValue`` with a remedy."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse
import zoneinfo
from collections.abc import Callable

from sfu_worker import wire


class BadValue(ValueError):
    """Raised by parsers: what is wrong, and how to fix it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def parse_flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("", "0", "false", "no", "off"):
        return False
    raise BadValue("neither yes nor no.", "Write 1 or 0.")


def parse_number(text: str, low: int, high: int) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not low <= int(text) <= high:
        raise BadValue("not a number in the range.", f"Write a whole number from {low} to {high}.")
    return int(text)


def parse_url(text: str) -> str:
    """An http(s) URL as in an Origin, perhaps with a path but no slash at its end; may be empty."""
    if not text:
        return ""
    try:
        parts = urllib.parse.urlsplit(text)
        port = parts.port
        extras = parts.query or parts.fragment or parts.username
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not extras
    except ValueError:
        good = False
    # Quotes, semicolons and blanks would end the Content-Security-Policy directive of the origin.
    if not good or re.search(r"[\s;,'\"]", text):
        raise BadValue(
            "not an address of a site.", "Write it as in https://call.example.org, without a query."
        )
    return (_origin(parts.scheme, parts.hostname or "", port) + parts.path).rstrip("/")


def parse_endpoint(text: str) -> str:
    """An http(s) URL as another program gave it, perhaps with a query; may be empty."""
    try:
        parts = urllib.parse.urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
        good = good and not parts.fragment and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if text and (not good or re.search(r"\s", text)):
        raise BadValue("not an address of a site.", "Write it as in https://example.org/micropub.")
    return text


def _origin(scheme: str, host: str, port: int | None) -> str:
    """Scheme, host and port as browsers write them in ``Origin``: without a default port."""
    if ":" in host:
        host = f"[{host}]"
    usual = port in (None, 443 if scheme == "https" else 80)
    return f"{scheme}://{host}" if usual else f"{scheme}://{host}:{port}"


def parse_site(text: str) -> str:
    """As ``parse_url``, but without a path: links start at the root of the site."""
    url = parse_url(text)
    if urllib.parse.urlsplit(url).path:
        raise BadValue(
            "has a path.", "Give confcall a host name of its own, as in https://call.example.org."
        )
    return url


def parse_host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?", text):
        raise BadValue(
            f"{text!r} is not a host name.",
            "Write host names without a scheme, as in call.example.net.",
        )
    return text.lower()


def parse_redis(text: str) -> str:
    if problem := wire.redis_url_problem(text):
        raise BadValue(problem.message, problem.hint)
    return text


def parse_ice(schemes: tuple[str, ...]) -> Callable[[str], str]:
    """A checker of STUN or TURN URIs (RFC 7064, RFC 7065)."""

    def parse(text: str) -> str:
        scheme, _, rest = text.partition(":")
        if scheme not in schemes or not rest or rest.startswith("/") or re.search(r"[\s'\"]", rest):
            raise BadValue(
                f"{text!r} is not a {schemes[0]} address.",
                f"Write it as in {schemes[0]}:{schemes[0]}.example.org:3478.",
            )
        return text

    return parse


def parse_time_zone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise BadValue(
            "no such time zone.", "Write a name of the tz database, as in Europe/Paris."
        ) from None
    return text


def parse_language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", text):
        raise BadValue("not a language code.", "Write it as in en or pt-br.")
    return text


def parse_log_level(text: str) -> str:
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise BadValue("not a log level.", "Write DEBUG, INFO, WARNING or ERROR.")
    return text.upper()


def parse_address(text: str) -> str:
    """An IP address, or a name that the worker resolves when it starts."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", text) and not re.fullmatch(
            r"[\d.]+", text
        ):
            return text.lower()
        raise BadValue(
            f"{text!r} is neither an IP address nor a name.",
            "Write IPv4 or IPv6 addresses, comma separated.",
        ) from None


def parse_mail_host(text: str) -> str:
    """A name or an IP address; empty: none."""
    return parse_address(text) if text else ""


def parse_mail_tls(text: str) -> str:
    if text.lower() not in ("starttls", "tls", "off"):
        raise BadValue("not a kind of encryption.", "Write starttls, tls or off.")
    return text.lower()


def parse_mail_address(text: str) -> str:
    if text and not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", text):
        raise BadValue("not an e-mail address.", "Write it as in call@example.org.")
    return text


def parse_workers(text: str) -> int | None:
    """The number of workers; None: `serve` decides."""
    return parse_number(text, 0, 64) if text else None


def parse_token(text: str) -> str:
    """A bearer token (RFC 6750 section 2.1), long enough to be hard to guess."""
    if text and not re.fullmatch(r"[A-Za-z0-9._~+/-]{16,}=*", text):
        raise BadValue(
            "no token that is hard to guess.",
            "Use at least 16 random letters and digits, or leave it out.",
        )
    return text


def parse_secret_key(text: str) -> str:
    if text and (len(text) < 32 or len(set(text)) < 8 or text.startswith("django-insecure-")):
        raise BadValue(
            "too weak.",
            "Use at least 32 random characters, or leave it out: one is made and kept in DATA_DIR.",
        )
    return text
