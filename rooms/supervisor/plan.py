"""What to run, by the settings. Pure, except for looking at ports."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rooms.supervisor.child import Spec

# More only on request: a personal site seldom needs them, and each is a process with its own port.
MOST_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings that matter here.

    With an empty ``redis_url`` Valkey is started. ``workers`` None means one per core, 1 to 4.
    """

    host: str
    port: int
    site_url: str = ""
    redis_url: str = ""
    trust_proxy: bool = False
    workers: int | None = None
    media_port: int = 40000
    media_listen: str = ""

    def worker_count(self, cores: int) -> int:
        return max(1, min(cores, MOST_WORKERS)) if self.workers is None else self.workers

    def media_ports(self, cores: int) -> list[int]:
        """One for each worker; with 0, each worker picks a free one."""
        return [
            self.media_port + index if self.media_port else 0
            for index in range(self.worker_count(cores))
        ]

    def listen(self) -> str:
        """Where the workers listen.

        On all addresses even if the site is on loopback, because Firefox never uses loopback for
        media.
        """
        return self.media_listen or "0.0.0.0"

    def web_url(self) -> str:
        """Where to open the site in a browser on this machine, or the public address."""
        return self.site_url.rstrip("/") or f"http://{bracketed(reachable(self.host))}:{self.port}"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def reachable(host: str) -> str:
    """The address of a server bound to ``host``, as seen from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def valkey_spec(binary: Path, directory: Path, unix_socket: Path) -> Spec:
    """Nothing on disk (all of it is live state that expires), no TCP port, a private socket."""
    options = [
        "--port",
        "0",
        "--unixsocket",
        str(unix_socket),
        "--unixsocketperm",
        "700",
        "--dir",
        str(directory),
    ]
    options += ["--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning"]
    options += ["--maxmemory", "256mb", "--maxmemory-policy", "noeviction"]
    # It warns of a kernel setting for background saves, which it never makes; and we report its
    # end ourselves.
    hide = (
        "Memory overcommit must be enabled",
        "Received SIGTERM scheduling shutdown",
        "is now ready to exit",
    )
    return Spec("valkey", (str(binary), *options), grace=3.0, hide=hide)


def worker_specs(plan: Plan, cores: int, redis_url: str) -> list[Spec]:
    specs = []
    for index, port in enumerate(plan.media_ports(cores)):
        env = {
            # Each is named after its host and port.
            "SFU_WORKER": "",
            "SFU_PORT": str(port),
            "SFU_LISTEN": plan.listen(),
            "REDIS_URL": redis_url,
        }
        command = (sys.executable, "-m", "sfu_worker")
        # All workers end, so there is no time to wait until people have moved to others.
        specs.append(Spec(f"w{index + 1}", command, env, grace=10.0, ends_with=signal.SIGINT))
    return specs


def keeper_spec(redis_url: str) -> Spec:
    return Spec("keeper", (sys.executable, "manage.py", "keeper"), {"REDIS_URL": redis_url})


def web_spec(plan: Plan, redis_url: str) -> Spec:
    """Daphne without its access log (``-v 0``): addresses of invites and notes are secrets."""
    options = [
        "-v",
        "0",
        "-b",
        plan.host,
        "-p",
        str(plan.port),
        "--no-server-name",
        "--application-close-timeout",
        "5",
    ]
    if plan.trust_proxy:
        options.append("--proxy-headers")
    command = (sys.executable, "-m", "daphne", *options, "confcall.asgi:application")
    return Spec("web", command, {"REDIS_URL": redis_url}, grace=8.0)


def busy_port(plan: Plan, cores: int) -> str | None:
    """A sentence about the first port that is in use, or None."""
    if problem := _cannot_bind(plan.host, plan.port, (socket.SOCK_STREAM,)):
        return (
            f"confcall cannot listen on {plan.host}, port {plan.port} ({problem}): "
            f"choose another port, as in PORT={plan.port + 1} make run"
        )
    for port in filter(None, plan.media_ports(cores)):
        for address in plan.listen().replace(",", " ").split():
            if problem := _cannot_bind(address, port, (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
                return (
                    f"A media worker cannot listen on {address}, port {port} ({problem}): "
                    f"choose another range, as in SFU_PORT={port + 100} make run"
                )
    return None


def _cannot_bind(host: str, port: int, kinds: Sequence[socket.SocketKind]) -> str | None:
    """Why ``host:port`` cannot be bound, or None. The probe releases the port."""
    for kind in kinds:
        try:
            family, _, _, _, address = socket.getaddrinfo(
                host, port, type=kind, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind) as probe:
                if (
                    kind == socket.SOCK_STREAM
                ):  # as servers do: a connection in TIME_WAIT does not block a port
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as exc:
            return (exc.strerror or str(exc)).lower()
    return None
