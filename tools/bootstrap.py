"""Make the virtual environment, install what the lock file names, and compile the translations.

``python tools/bootstrap.py run`` installs what ``make run`` needs; ``… dev`` adds the tools of
``make check`` and ``make test``. A stamp with the lock file's hash makes every further call return
at once. Uses the standard library only, and runs on any Python from 3.11 on.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}

NO_VENV = """\
This Python ({python}) cannot make virtual environments: its venv or ensurepip module is missing.
On Debian and Ubuntu:  sudo apt-get install python3-venv     (then run the same command again)
On Fedora:             sudo dnf install python3-pip"""

NO_PIP = """\
Installing the dependencies failed; pip's message is above.
Is the network reachable? Behind a proxy, set HTTPS_PROXY and run the same command again."""

NO_MESSAGES = "The translations in locale/ could not be compiled; the message is above."


class Failed(Exception):
    """Something that only the user can fix; the text says how."""


def stamp_text(lock: Path) -> str:
    """The text of the stamp file when ``lock`` is installed for this interpreter."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    return f"{sys.version_info.major}.{sys.version_info.minor} {digest}\n"


def installed(directory: Path, kind: str) -> bool:
    """Whether the stamps say that all is installed. The dev lock includes the product's."""
    if not (directory / "bin" / "python").exists():
        return False
    stamps = [
        (directory / f".confcall-{k}", stamp_text(LOCKS[k])) for k in dict.fromkeys((kind, "dev"))
    ]
    return any(stamp.exists() and stamp.read_text() == wanted for stamp, wanted in stamps)


def make_environment(directory: Path) -> Path:
    """Return the environment's Python; make the environment if there is none that works."""
    python = directory / "bin" / "python"
    if python.exists() and works(python):
        return python
    print(
        f"Making a virtual environment in {directory.name} with Python {sys.version.split()[0]} …",
        flush=True,
    )
    try:
        import ensurepip  # noqa: F401  Debian ships it in a package of its own
    except ImportError as exc:
        raise Failed(NO_VENV.format(python=sys.executable)) from exc
    try:
        venv.create(directory, clear=True, with_pip=True, symlinks=True)
    except (OSError, subprocess.CalledProcessError) as exc:
        raise Failed(f"{NO_VENV.format(python=sys.executable)}\n({exc})") from exc
    return python


def works(python: Path) -> bool:
    """False if the environment's base interpreter was removed or is too old, or has no pip."""
    code = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def install(python: Path, lock: Path) -> None:
    print(f"Installing the dependencies from {lock.name} …", flush=True)
    options = ["--disable-pip-version-check", "--no-input", "--quiet", "--require-hashes"]
    if subprocess.run(
        [str(python), "-m", "pip", "install", *options, "-r", str(lock)], check=False
    ).returncode:
        raise Failed(NO_PIP)


def uncompiled() -> list[Path]:
    """The catalogues that have changed since they were compiled."""
    return [
        source
        for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))
        if not (made := source.with_suffix(".mo")).exists()
        or made.stat().st_mtime < source.stat().st_mtime
    ]


def compile_messages(python: Path) -> None:
    """Turn catalogues into what Django reads. Git has only their sources."""
    for source in uncompiled():
        part = source.with_suffix(".part")
        command = [str(python), "-m", "babel.messages.frontend", "-q", "compile", "-i", str(source)]
        done = subprocess.run([*command, "-o", str(part)], check=False)
        if done.returncode or not part.exists():
            raise Failed(NO_MESSAGES)
        part.replace(source.with_suffix(".mo"))


def main(kind: str) -> int:
    directory = Path(os.environ.get("VENV") or ROOT / ".venv")
    try:
        if not installed(directory, kind):
            install(make_environment(directory), LOCKS[kind])
            (directory / f".confcall-{kind}").write_text(stamp_text(LOCKS[kind]))
        compile_messages(directory / "bin" / "python")
    except Failed as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    # This file runs before anything else has looked at the version.
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit("confcall needs Python 3.11 or newer; this is " + sys.version.split()[0])
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit("usage: bootstrap.py run | dev")
    sys.exit(main(sys.argv[1]))
