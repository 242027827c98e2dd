"""A worker's settings, read once from the environment."""

from __future__ import annotations

import ipaddress
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ifaddr

from sfu_worker import wire

# Of all lines of a worker and its watchdog.
LOG_FORMAT = "%(levelname).1s %(name)s %(message)s"

DRAIN_SECONDS = 30
LONGEST_DRAIN_SECONDS = 3600


class ConfigError(ValueError):
    """A setting is wrong; the text says which one and what to do."""


@dataclass(frozen=True, slots=True)
class Config:
    """A worker's settings.

    ``worker`` is the name of this life of the worker; the names of all its lives begin with
    ``place``. ``listen`` has the addresses to bind, ``announce`` those that clients are told.
    ``port`` is for UDP and TCP; 0 picks a free one. ``drain_seconds`` is how long people have to
    move elsewhere before a draining worker ends.
    """

    worker: str
    place: str
    redis_url: str
    port: int
    listen: tuple[str, ...]
    announce: tuple[str, ...]
    log_level: str
    drain_seconds: int = DRAIN_SECONDS

    @classmethod
    def from_environment(cls, env: Mapping[str, str], life: str = "") -> Config:
        """Read the settings. Raises ConfigError.

        They are SFU_WORKER, REDIS_URL or REDIS_URL_FILE, SFU_PORT, SFU_LISTEN, SFU_ANNOUNCE,
        SFU_DRAIN_SECONDS and LOG_LEVEL. ``life`` is the name that a watchdog has chosen.
        """
        name, place = _name(env), _place(env)
        listen = _addresses(env.get("SFU_LISTEN") or "0.0.0.0", "SFU_LISTEN")
        announce = _addresses(env.get("SFU_ANNOUNCE") or "", "SFU_ANNOUNCE") or _reachable(listen)
        return cls(
            # Each life has another name: if the old name is dead, its rooms are gone.
            worker=life or name or life_of(place),
            place=place,
            redis_url=_redis_url(env),
            port=_port(env),
            listen=listen,
            announce=announce,
            log_level=_log_level(env),
            drain_seconds=_drain_seconds(env),
        )


def life_of(place: str) -> str:
    """A new name for a worker at ``place``."""
    return f"{place}{secrets.token_hex(3)}"


def is_life_of(worker: str, place: str) -> bool:
    """Whether ``life_of(place)`` may have made the name."""
    return re.fullmatch(re.escape(place) + "[0-9a-f]{6}", worker) is not None


def _redis_url(env: Mapping[str, str]) -> str:
    """The URL, which may hold a password: no error repeats any part of it."""
    url = env.get("REDIS_URL") or _from_file(env, "REDIS_URL_FILE") or "redis://127.0.0.1:6379/0"
    if problem := wire.redis_url_problem(url):
        raise ConfigError(f"REDIS_URL: {problem.message} {problem.hint}")
    return url


def _from_file(env: Mapping[str, str], setting: str) -> str:
    """A secret that is mounted as a file: its path is in ``setting``."""
    path = env.get(setting)
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{setting} names a file that cannot be read: {exc}.") from exc


def _name(env: Mapping[str, str]) -> str:
    """What the operator calls the worker. It is a part of a channel's name."""
    name = env.get("SFU_WORKER") or ""
    if name and not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", name):
        raise ConfigError(
            f"SFU_WORKER is {name!r}: use up to 60 letters, digits, hyphens, dots and underscores."
        )
    return name


def _place(env: Mapping[str, str]) -> str:
    """The prefix of a worker's names over all its restarts: its name, or its host and port."""
    if name := _name(env):
        return f"{name}-"
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:60] + f"-{_port(env)}-"


def _port(env: Mapping[str, str]) -> int:
    text = env.get("SFU_PORT") or "40000"
    if not text.isdigit() or int(text) > 65535:
        raise ConfigError(f"SFU_PORT is {text!r}: give a port number from 0 to 65535.")
    return int(text)


def _drain_seconds(env: Mapping[str, str]) -> int:
    text = env.get("SFU_DRAIN_SECONDS") or str(DRAIN_SECONDS)
    if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) > LONGEST_DRAIN_SECONDS:
        raise ConfigError(
            f"SFU_DRAIN_SECONDS is {text!r}: give seconds from 0 to {LONGEST_DRAIN_SECONDS}."
        )
    return int(text)


def _log_level(env: Mapping[str, str]) -> str:
    level = (env.get("LOG_LEVEL") or "INFO").upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ConfigError(f"LOG_LEVEL is {level!r}: use DEBUG, INFO, WARNING or ERROR.")
    return level


def _addresses(text: str, setting: str) -> tuple[str, ...]:
    found = []
    for part in text.replace(",", " ").split():
        try:
            found.append(str(ipaddress.ip_address(part)))
        except ValueError:
            # A name serves machines with a dynamic address. It is looked up once, at start.
            found.extend(_lookup(part, setting))
    return tuple(dict.fromkeys(found))


def _lookup(name: str, setting: str) -> list[str]:
    try:
        return [str(info[4][0]) for info in socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)]
    except OSError as exc:
        raise ConfigError(
            f"{setting} names {name!r}, which is not an address and cannot be looked up ({exc})."
        ) from exc


def _reachable(listen: tuple[str, ...]) -> tuple[str, ...]:
    """What to announce by default: the bound addresses.

    A wildcard stands for every address of this machine.
    """
    concrete = [a for a in listen if not ipaddress.ip_address(a).is_unspecified]
    if len(concrete) == len(listen):
        return listen
    wanted = {
        ipaddress.ip_address(a).version for a in listen if ipaddress.ip_address(a).is_unspecified
    }
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            address = ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
            if address.version in wanted and not address.is_loopback and not address.is_link_local:
                concrete.append(str(address))
    # For browsers on this machine. Others try it in vain, at no cost.
    return tuple(dict.fromkeys([*concrete, "127.0.0.1"]))
