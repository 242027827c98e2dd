"""Reading the environment: which settings there are, and how a bad value is reported.

A bad value never raises here. It is recorded as a ``Problem`` and the default is used, so that
Django's system checks can show all problems at once, each with a remedy.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import urllib.parse
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable; ``number`` names its check (``confcall.E<number>``).

    A secret may be in the file that ``<NAME>_FILE`` names.
    """

    number: int
    default: str
    reason: str
    secret: bool = False


SETTINGS: dict[str, Setting] = {
    "SECRET_KEY": Setting(
        1,
        "",
        "Signs passes and sessions; at least 32 characters. "
        "Default: created once in DATA_DIR/secret_key.",
        secret=True,
    ),
    "DEBUG": Setting(2, "0", "Shows tracebacks to everyone. For development only."),
    "SITE_URL": Setting(
        3,
        "",
        "The site's public address, such as https://call.example.org. "
        "Default: http://127.0.0.1:PORT.",
    ),
    "EXTRA_HOSTS": Setting(4, "", "Additional host names of the site, separated by commas."),
    "HOST": Setting(5, "127.0.0.1", "The address that the web server listens on."),
    "PORT": Setting(6, "8000", "The port that the web server listens on."),
    "DATA_DIR": Setting(
        7, "data", "The folder of the SQLite database, uploaded images and the secret key."
    ),
    "DATABASE_URL": Setting(
        8,
        "",
        "For example postgres://user:password@host/name. Default: SQLite in DATA_DIR.",
        secret=True,
    ),
    "REDIS_URL": Setting(
        9,
        "redis://127.0.0.1:6379/0",
        "Redis or Valkey. If it is not set, `serve` starts its own.",
        secret=True,
    ),
    "TRUST_PROXY": Setting(
        10, "0", "Set to 1 behind your own proxy, which sets X-Forwarded-Proto and X-Forwarded-For."
    ),
    "ETHERPAD_URL": Setting(
        11, "", "Etherpad's address for browsers. Default: the built-in notes."
    ),
    "ETHERPAD_API_URL": Setting(
        12, "", "Etherpad's address for the web server. Default: ETHERPAD_URL."
    ),
    "ETHERPAD_API_KEY": Setting(13, "", "Etherpad's API key, needed to create pads.", secret=True),
    "TURN_URLS": Setting(
        14,
        "",
        "TURN servers, separated by commas, such as turn:turn.example.org:3478?transport=udp.",
    ),
    "TURN_SECRET": Setting(
        15, "", "coturn's static-auth-secret; never sent to a browser.", secret=True
    ),
    "STUN_URLS": Setting(
        16,
        "",
        "STUN servers, separated by commas. Rarely needed: workers announce their own addresses.",
    ),
    "LANGUAGE_CODE": Setting(17, "en", "The language of the pages."),
    "TIME_ZONE": Setting(
        18, "UTC", "The time zone of the admin and of the pages, such as Europe/Paris."
    ),
    "MAX_UPLOAD_MB": Setting(
        19, "15", "Background images larger than this are refused before they are read."
    ),
    "MAX_IMAGE_MEGAPIXELS": Setting(
        20, "60", "Background images with more pixels are refused before they are decoded."
    ),
    "LOG_LEVEL": Setting(21, "INFO", "DEBUG, INFO, WARNING or ERROR."),
    "SFU_WORKERS": Setting(
        22,
        "",
        "The number of media workers that `serve` starts; 0 for none. "
        "Default: one per core, at most 4.",
    ),
    "SFU_PORT": Setting(
        23,
        "40000",
        "The UDP and TCP port of the first worker. Each further worker uses the next one.",
    ),
    "SFU_LISTEN": Setting(
        24,
        "0.0.0.0",
        "The addresses that workers listen on, separated by commas; 0.0.0.0 and :: for all.",
    ),
    "SFU_ANNOUNCE": Setting(
        25,
        "",
        "The addresses that browsers are told, separated by commas, for servers behind NAT.",
    ),
    "METRICS_TOKEN": Setting(
        26,
        "",
        "The bearer token for /metrics. If it is not set, there is no such page.",
        secret=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that cannot be used. ``id`` is the system check's."""

    id: str
    name: str
    message: str
    hint: str
    serious: bool = True


class BadValue(ValueError):
    """Raised by parsers: what is wrong, and how to fix it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass
class Env:
    """The environment, and the problems found while reading it."""

    values: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str) -> str:
        """The value without surrounding blanks. For secrets, ``<NAME>_FILE`` comes second."""
        setting = SETTINGS[name]
        value = self.values.get(name, "").strip()
        path = self.values.get(f"{name}_FILE", "").strip() if setting.secret else ""
        if value and path:
            self.problem(
                name,
                f"{name} and {name}_FILE are both set.",
                f"Keep {name}_FILE and remove {name}.",
            )
        if path and not value:
            try:
                value = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as exc:
                reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
                self.problem(
                    name,
                    f"{name}_FILE cannot be read: {reason}.",
                    f"Name a text file in {name}_FILE that this user may read.",
                )
        return value or setting.default

    def flag(self, name: str) -> bool:
        """1, true, yes, on or 0, false, no, off."""
        return self.parse(name, parse_flag)

    def number(self, name: str, low: int, high: int) -> int:
        return self.parse(name, lambda text: parse_number(text, low, high))

    def words(self, name: str, check: Callable[[str], str] = str) -> list[str]:
        """A comma separated list; ``check`` parses each part."""
        return self.parse(
            name, lambda text: [check(part.strip()) for part in text.split(",") if part.strip()]
        )

    def parse(self, name: str, parser: Callable[[str], T]) -> T:
        """The parsed value; if it is bad, record a problem and parse the default."""
        try:
            return parser(self.text(name))
        except BadValue as exc:
            self.problem(name, f"{name}: {exc.message}", exc.hint)
            return parser(SETTINGS[name].default)

    def problem(self, name: str, message: str, hint: str, serious: bool = True) -> None:
        letter = "E" if serious else "W"
        self.problems.append(
            Problem(f"confcall.{letter}{SETTINGS[name].number:03}", name, message, hint, serious)
        )


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
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    usual = port in (None, 443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{host}{'' if usual else f':{port}'}{parts.path}".rstrip("/")


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
    if not re.match(r"(redis|rediss|unix)://", text):
        raise BadValue(
            "not an address of a Redis.", "Write it as in redis://:password@host:6379/0."
        )
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


def kept_secret_key(path: Path) -> str:
    """The key in ``path``, created at the first call. Raises OSError.

    Several processes may start at once: the file appears complete (a hard link to a finished one),
    and the first one wins.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
        ) as file:
            file.write(secrets.token_urlsafe(50) + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
