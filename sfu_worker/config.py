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


class ConfigError(ValueError):
    """A setting is wrong; the text says which one and what to do."""


@dataclass(frozen=True, slots=True)
class Config:
    """A worker's settings.

    ``worker`` is the name of this life of the worker; the names of all its lives begin with
    ``place``. ``listen`` has the addresses to bind, ``announce`` those that clients are told.
    ``port`` is for UDP and TCP; 0 picks a free one.
    """

    worker: str
    place: str
    redis_url: str
    port: int
    listen: tuple[str, ...]
    announce: tuple[str, ...]
    log_level: str

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Config:
        """Read the settings. Raises ConfigError.

        They are SFU_WORKER, REDIS_URL or REDIS_URL_FILE, SFU_PORT, SFU_LISTEN, SFU_ANNOUNCE and
        LOG_LEVEL.
        """
        listen = _addresses(env.get("SFU_LISTEN") or "0.0.0.0", "SFU_LISTEN")
        announce = _addresses(env.get("SFU_ANNOUNCE") or "", "SFU_ANNOUNCE") or _reachable(listen)
        return cls(
            # Each life has another name: if the old name is dead, its rooms are gone.
            worker=env.get("SFU_WORKER") or f"{_place(env)}{secrets.token_hex(3)}",
            place=_place(env),
            redis_url=env.get("REDIS_URL")
            or _from_file(env, "REDIS_URL_FILE")
            or "redis://127.0.0.1:6379/0",
            port=_port(env),
            listen=listen,
            announce=announce,
            log_level=_log_level(env),
        )


def _from_file(env: Mapping[str, str], setting: str) -> str:
    """A secret that is mounted as a file: its path is in ``setting``."""
    path = env.get(setting)
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{setting} names a file that cannot be read: {exc}.") from exc


def _place(env: Mapping[str, str]) -> str:
    """The prefix of a worker's names over all its restarts: its host and port."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:60] + f"-{_port(env)}-"


def _port(env: Mapping[str, str]) -> int:
    text = env.get("SFU_PORT") or "40000"
    if not text.isdigit() or int(text) > 65535:
        raise ConfigError(f"SFU_PORT is {text!r}: give a port number from 0 to 65535.")
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
