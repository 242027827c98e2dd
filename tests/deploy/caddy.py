"""The shipped deploy/Caddyfile in a real Caddy, with names for a site and its notes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.parts import ask, program, running
from tools.product import ROOT, free_port

SITE, NOTES = "call.localhost", "pad.call.localhost"


@dataclass(frozen=True)
class Front:
    """A running Caddy: its port, and the ports of what is behind it."""

    port: int
    web: int
    etherpad: int
    log: Path

    @property
    def site(self) -> str:
        """The call site's address."""
        return f"https://{SITE}:{self.port}"

    @property
    def notes(self) -> str:
        """Etherpad's address."""
        return f"https://{NOTES}:{self.port}"

    def get(
        self, host: str, path: str, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Ask one of the two hosts. Status, headers (small letters), body."""
        return ask(host, self.port, path, headers)


@contextmanager
def caddy(folder: Path, web: int, etherpad: int, port: int | None = None) -> Iterator[Front]:
    """Run Caddy in front of two ports, until both hosts answer."""
    front = Front(port or free_port(), web, etherpad, folder / "caddy.log")

    def answers() -> bool:
        with suppress(OSError):
            return all(front.get(host, "/")[0] != 502 for host in (SITE, NOTES))
        return False

    environment = {
        **dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder)),
        "SITE_ADDRESS": front.site,
        "NOTES_ADDRESS": front.notes,
        "SITE_ORIGIN": front.site,
        "WEB_UPSTREAM": f"127.0.0.1:{web}",
        "ETHERPAD_UPSTREAM": f"127.0.0.1:{etherpad}",
        "TLS": "tls internal",
        "GLOBAL_OPTIONS": "auto_https disable_redirects",
    }
    command = [program("caddy"), "run", "--config", str(ROOT / "deploy/Caddyfile")]
    with running([*command, "--adapter", "caddyfile"], front.log, answers, **environment):
        yield front
