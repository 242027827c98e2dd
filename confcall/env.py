"""Reading the environment: which settings there are, and how a bad value is reported.

A bad value never raises here. It is recorded as a ``Problem`` and the default is used, so that
Django's system checks can show all problems at once, each with a remedy.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from confcall.parsers import BadValue, parse_flag, parse_number
from rooms.kept_file import kept

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
    "LANGUAGE_CODE": Setting(
        17,
        "en",
        "The language of e-mails, and of pages unless the browser asks for another (`en` or `de`).",
    ),
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
    "SFU_DRAIN_SECONDS": Setting(
        27,
        "30",
        "How many seconds people have to move to another worker before one that is stopped ends.",
    ),
    "METRICS_TOKEN": Setting(
        26,
        "",
        "The bearer token for /metrics. If it is not set, there is no such page.",
        secret=True,
    ),
    "EMAIL_HOST": Setting(
        31, "", "The mail server that tells owners when someone waits. Without it, no mail is sent."
    ),
    "EMAIL_PORT": Setting(32, "587", "The port of the mail server."),
    "EMAIL_TLS": Setting(
        33, "starttls", "How the connection to the mail server is encrypted: starttls, tls or off."
    ),
    "EMAIL_USER": Setting(
        34, "", "The name to log in to the mail server with, if it asks for one."
    ),
    "EMAIL_PASSWORD": Setting(
        35, "", "The password to log in to the mail server with.", secret=True
    ),
    "EMAIL_FROM": Setting(
        36, "", "The sender of e-mails. Default: confcall at the host name of SITE_URL."
    ),
    "MICROPUB_URL": Setting(
        37, "", "The Micropub address of your own site, which can get a copy of each post."
    ),
    "MICROPUB_TOKEN": Setting(
        38, "", "The access token for MICROPUB_URL, with the right to create posts.", secret=True
    ),
    "FETCH_PRIVATE": Setting(
        28,
        "",
        "Sites in your own network that the server may fetch, as host or host:port, separated by "
        "commas. All others must have public addresses.",
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


def kept_secret_key(path: Path) -> str:
    """The key in ``path``, created at the first call. Raises OSError."""
    return kept(path, lambda: secrets.token_urlsafe(50))
