"""The tests that depend on the database, once more on a real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.postgres import postgres
from tools.product import NOT_INHERITED
from tools.system_packages import find

ROOT = Path(__file__).resolve().parents[2]

# Files whose subject is what the database does. The others would only read and write a row.
FILES = (
    "test_admin.py",
    "test_admission.py",
    "test_attendance.py",
    "test_busy.py",
    "test_call_chat.py",
    "test_call_consumer.py",
    "test_call_joining.py",
    "test_chat.py",
    "test_database.py",
    "test_database_locked.py",
    "test_database_stalled.py",
    "test_keeper.py",
    "test_keeping.py",
    "test_notes_consumer.py",
    "test_removal.py",
    "test_stopped_link.py",
)


@pytest.mark.skipif(
    not find("postgres") and not os.environ.get("CI"), reason="PostgreSQL is not installed"
)
def test_everything_holds_on_postgresql_too() -> None:
    with postgres() as server:
        tests = [str(Path("tests/rooms") / name) for name in FILES]
        env = {name: text for name, text in os.environ.items() if name not in NOT_INHERITED}
        # The database goes with its server, so nobody has to drop it.
        options = ["-q", "--reuse-db", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=ROOT,
            env=env | {"TEST_POSTGRES": str(server.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    assert done.returncode == 0, done.stdout[-20_000:]
