"""What the kernel tells about processes. Linux alone has /proc."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
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


def test_who_waits_for_a_cpu_is_runnable_and_its_cpu_time_does_not_grow() -> None:
    core = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{core}}}); print(flush=True)\nwhile True: pass"
    with contextlib.ExitStack() as stack:
        both = []
        for _ in range(2):
            process = stack.enter_context(
                subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
            both.append(process.pid)

        def total() -> float:
            samples = [sample(pid) for pid in both]
            # One of them runs at most, and the other one waits.
            assert [found.state for found in samples if found] == ["R", "R"]
            return sum(found.cpu for found in samples if found)

        began, before = time.monotonic(), total()
        until(lambda: total() > before + 1)
        # The kernel counts in hundredths of a second.
        assert total() - before <= time.monotonic() - began + 0.1


def test_of_a_process_that_is_gone_nothing_is_told() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert sample(process.pid) is None
