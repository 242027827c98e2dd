"""Install the programs that tests need and that are not on PyPI or npm, or say how to.

A missing program is an error if ``CI`` is set; else the tests that need it are skipped. Uses the
standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from glob import glob


@dataclass(frozen=True)
class Program:
    """A program: its possible names, the Debian package, and the tests that need it."""

    names: tuple[str, ...]
    package: str
    needed_by: str


PROGRAMS = (
    Program(
        ("chromium", "chromium-browser", "google-chrome"),
        "chromium",
        "the browser tests in tests/e2e",
    ),
    Program(("firefox-esr", "firefox"), "firefox-esr", "the Firefox test in tests/e2e"),
    Program(("caddy",), "caddy", "the tests of deploy/Caddyfile and of Etherpad"),
    Program(("nginx",), "nginx", "the tests of the proxies in docs/operations.md"),
    # The program and its modules without a service.
    Program(("apache2",), "apache2-bin", "the tests of the proxies in docs/operations.md"),
    Program(("sqlite3",), "sqlite3", "the test of the backup in docs/operations.md"),
    Program(("unzip",), "unzip", "the test of the archive of a call"),
    Program(("postgres",), "postgresql", "the tests of the database on PostgreSQL"),
    Program(("turnserver",), "coturn", "the tests of deploy/turnserver.conf"),
    Program(("faketime",), "faketime", "the tests of moved clocks in tests/faults"),
    # The Valkey from PyPI has no TLS.
    Program(("redis-server",), "redis-server", "the tests of several hosts in tests/faults"),
    Program(("ip",), "iproute2", "the tests of several hosts in tests/faults"),
    Program(("nft",), "nftables", "the tests of several hosts in tests/faults"),
)


# Debian keeps servers out of the PATH of users.
SERVER_FOLDERS = (
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
    *sorted(glob("/usr/lib/postgresql/*/bin"), reverse=True),
)


def find(*names: str) -> str | None:
    """The path of the first of these programs."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SERVER_FOLDERS))
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def missing() -> list[Program]:
    return [program for program in PROGRAMS if not find(*program.names)]


def apt() -> list[str] | None:
    """The start of an apt-get command that works here without a question, or None."""
    if not shutil.which("apt-get"):
        return None
    # Set by env, since sudo drops what it was given. Offline: an installed server is not started.
    apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_OFFLINE=1", "apt-get"]
    if os.geteuid() == 0:
        return apt_get
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n", *apt_get]
    return None


def install(command: list[str], programs: list[Program]) -> None:
    """Install packages. Failures are not raised: the caller looks again for what is missing."""
    packages = [program.package for program in programs]
    print("Installing for the tests:", ", ".join(packages), flush=True)
    options = ["-y", "-q", "-o", "Dpkg::Use-Pty=0"]
    subprocess.run([*command, "update", "-q"], stdout=subprocess.DEVNULL, check=False)
    subprocess.run(
        [*command, "install", *options, "--no-install-recommends", *packages],
        stdout=subprocess.DEVNULL,
        check=False,
    )


def main() -> int:
    if not (lacking := missing()):
        return 0
    if command := apt():
        install(command, lacking)
        lacking = missing()
    for program in lacking:
        how = f"on Debian and Ubuntu: sudo apt-get install {program.package}"
        print(
            f"{program.names[0]} is missing; {program.needed_by} need it ({how}).", file=sys.stderr
        )
    return 1 if lacking and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
