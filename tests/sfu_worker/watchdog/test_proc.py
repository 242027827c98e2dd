"""What the kernel tells about processes. Linux alone has /proc."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from sfu_worker.watchdog.proc import sample
from tests.sfu_worker.watchdog.watched import until

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


def state(pid: int) -> str:
    found = sample(pid)
    return found.state if found else ""


def test_it_tells_a_process_that_runs_from_one_that_waits_or_is_stopped(tmp_path: Path) -> None:
    # A name that looks like the rest of the line.
    program = tmp_path / "a) R b"
    shutil.copy(shutil.which("sleep") or "", program)
    with subprocess.Popen([program, "600"]) as process:
        until(lambda: state(process.pid) == "S")
        process.send_signal(signal.SIGSTOP)
        until(lambda: state(process.pid) == "T")
        process.kill()
        # Until its parent has asked how it ended.
        until(lambda: state(process.pid) == "Z")


def test_cpu_seconds_grow_with_work() -> None:
    before = sample(os.getpid())
    assert before is not None
    assert before.state == "R"

    def worked() -> bool:
        sum(range(1_000_000))
        now = sample(os.getpid())
        return now is not None and now.cpu >= before.cpu + 0.1

    until(worked)


def test_of_a_process_that_is_gone_nothing_is_told() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert sample(process.pid) is None
