"""Install the packages of package-lock.json with npm, once per lock file.

Node is used by checks and tests only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def first_usable(candidates: list[str]) -> str | None:
    """The first npm whose node is new enough (18, for `node --test` with folders and modules)."""
    for npm in candidates:
        node = Path(npm).with_name("node")
        found = (
            subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
            if node.exists()
            else None
        )
        if found and found.returncode == 0 and int(found.stdout.lstrip("v").split(".")[0]) >= 18:
            return npm
    return None


def main() -> int:
    lock = ROOT / "package-lock.json"
    stamp, wanted = (
        ROOT / "node_modules" / ".confcall",
        hashlib.sha256(lock.read_bytes()).hexdigest(),
    )
    if stamp.exists() and stamp.read_text() == wanted:
        return 0
    venv = Path(os.environ.get("VENV") or ROOT / ".venv").resolve()
    system = shutil.which("npm")
    npm = first_usable([*([system] if system else []), str(venv / "bin" / "npm")])
    if npm is None:
        print(
            "Node 18 or newer is needed to check the scripts:"
            " run `make dev`, or install nodejs and npm.",
            file=sys.stderr,
        )
        return 1
    env = os.environ | {"PATH": f"{Path(npm).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
        return 1
    stamp.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
