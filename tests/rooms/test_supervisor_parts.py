"""The parts of the supervisor that need no process."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rooms.management.commands.serve import plan_from_settings
from rooms.supervisor.backoff import Backoff
from rooms.supervisor.child import LEASH, Child, Spec
from rooms.supervisor.output import LONGEST_LINE, prefixer, pump
from rooms.supervisor.place import AlreadyRunning, run_directory
from rooms.supervisor.plan import Plan, busy_port, web_spec, worker_specs


def test_pauses_double_up_to_ten_seconds_and_start_anew_after_a_good_run() -> None:
    backoff = Backoff()
    assert [backoff.after(1) for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]
    assert backoff.after(30) == 0.5
    assert backoff.after(29.9) == 1


@pytest.mark.parametrize(
    ("cores", "asked", "started"),
    [(1, None, 1), (2, None, 2), (64, None, 4), (0, None, 1), (2, 0, 0), (2, 7, 7)],
)
def test_there_is_one_worker_per_core_within_limits_unless_asked(
    cores: int, asked: int | None, started: int
) -> None:
    assert Plan("127.0.0.1", 8000, workers=asked).worker_count(cores) == started


def test_workers_listen_everywhere_unless_told() -> None:
    # Firefox gathers no loopback candidates, so even a call with oneself needs another address.
    assert Plan("127.0.0.1", 8000).listen() == "0.0.0.0"
    assert (
        Plan("127.0.0.1", 8000, media_listen="192.0.2.1,2001:db8::1").listen()
        == "192.0.2.1,2001:db8::1"
    )


def test_the_plan_follows_the_settings(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SFU_LISTEN", raising=False)
    settings.HOST, settings.SFU_WORKERS, settings.SFU_PORT = "0.0.0.0", 3, 41000
    assert plan_from_settings().listen() == "0.0.0.0"
    assert plan_from_settings().media_ports(8) == [41000, 41001, 41002]
    assert plan_from_settings().redis_url == settings.REDIS_URL
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("SFU_LISTEN", "192.0.2.1")
    settings.SFU_LISTEN = ["192.0.2.1"]
    assert plan_from_settings().redis_url == ""
    assert plan_from_settings().listen() == "192.0.2.1"


def test_workers_get_names_and_ports_of_their_own() -> None:
    specs = worker_specs(Plan("127.0.0.1", 8000, media_port=41000, workers=2), 8, "unix:///run/x")
    assert [(spec.name, spec.env["SFU_PORT"]) for spec in specs] == [
        ("w1", "41000"),
        ("w2", "41001"),
    ]
    assert {spec.env["REDIS_URL"] for spec in specs} == {"unix:///run/x"}
    # One name from the environment would be the name of all.
    assert {spec.env["SFU_WORKER"] for spec in specs} == {""}


def test_the_web_server_believes_a_proxy_only_when_told_to() -> None:
    assert "--proxy-headers" not in web_spec(Plan("127.0.0.1", 8000), "").command
    assert "--proxy-headers" in web_spec(Plan("127.0.0.1", 8000, trust_proxy=True), "").command


def test_a_media_port_that_only_udp_has_taken_is_found() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        problem = busy_port(Plan("127.0.0.1", 0, media_port=port, workers=1), 1)
        assert problem is not None
        assert f"port {port}" in problem
        assert "SFU_PORT=" in problem


def test_a_long_path_does_not_break_the_socket(tmp_path: Path) -> None:
    data = tmp_path / ("d" * 60) / ("e" * 60)
    with run_directory(data) as place:
        assert len(os.fsencode(place / "valkey.sock")) <= 100
        assert place.stat().st_mode & 0o777 == 0o700
        with pytest.raises(AlreadyRunning), run_directory(data):
            raise AssertionError("two had it")
    with run_directory(data):
        pass


async def test_output_is_prefixed_line_by_line_and_bounded() -> None:
    reader = asyncio.StreamReader()
    shown: list[str] = []
    reader.feed_data(b"one\r\ntwo \xff\n" + b"x" * (LONGEST_LINE * 3) + b"\nlast")
    reader.feed_eof()
    await pump(reader, shown.append)
    assert shown[:2] == ["one", "two \ufffd"]
    assert "".join(shown[2:-1]) == "x" * (LONGEST_LINE * 3)
    assert max(map(len, shown)) <= 2 * LONGEST_LINE
    assert shown[-1] == "last"


def test_a_line_carries_its_process() -> None:
    stream = io.StringIO()
    prefixer(stream)("w1", "hello")
    prefixer(stream, colour=True)("web", "there")
    assert stream.getvalue() == "w1       | hello\n\x1b[36mweb     \x1b[0m | there\n"


async def test_a_child_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    said: list[str] = []
    script = "trap '' TERM; echo up; while :; do sleep 0.1; done"
    child = Child(
        Spec("deaf", ("sh", "-c", script), grace=0.2),
        lambda name, line: said.append(f"{name} {line}"),
        tmp_path,
    )
    child.start()
    async with asyncio.timeout(60):
        while "deaf up" not in said:
            await asyncio.sleep(0.01)
        pid = child.pid
        assert pid
        await child.stop()
    assert child.pid is None
    assert "serve deaf did not stop within 0.2 s and is killed" in said
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_child_is_stopped_by_the_signal_of_its_specification(tmp_path: Path) -> None:
    said: list[str] = []
    script = "trap 'echo interrupted; exit' INT; echo up; while :; do sleep 0.1; done"
    spec = Spec("polite", ("sh", "-c", script), ends_with=signal.SIGINT, grace=60.0)
    child = Child(spec, lambda name, line: said.append(line), tmp_path)
    child.start()
    async with asyncio.timeout(60):
        while "up" not in said:
            await asyncio.sleep(0.01)
        await child.stop()
    assert said == ["up", "interrupted"]


def test_workers_end_at_once_when_everything_does() -> None:
    specs = worker_specs(Plan("127.0.0.1", 8000, workers=2), 2, "redis://127.0.0.1")
    assert {spec.ends_with for spec in specs} == {signal.SIGINT}


async def test_a_child_that_waits_for_its_restart_ends_at_once(tmp_path: Path) -> None:
    said: list[str] = []
    child = Child(
        Spec("brief", ("sh", "-c", "exit 3")), lambda name, line: said.append(line), tmp_path
    )
    child.start()
    async with asyncio.timeout(60):
        while not any("ended with code 3; restarting it in 4 s" in line for line in said):
            await asyncio.sleep(0.01)
        await child.stop()
    starts = len(said)
    await asyncio.sleep(0)
    assert len(said) == starts


async def test_a_child_that_cannot_be_started_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    real, tries = asyncio.create_subprocess_exec, 0

    async def short_of_memory(*command: Any, **how: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError(12, "Cannot allocate memory")
        return await real(*command, **how)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", short_of_memory)
    child = Child(
        Spec("late", ("sh", "-c", "echo up; sleep 60")),
        lambda name, line: said.append(line),
        tmp_path,
    )
    child.start()
    async with asyncio.timeout(60):
        while "up" not in said:
            await asyncio.sleep(0.01)
        await child.stop()
    assert "could not be started ([Errno 12] Cannot allocate memory)" in said[0]


def test_a_full_disk_below_the_log_stops_no_output() -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    prefixer(Full())("web", "hello")


async def test_the_leash_watches_its_parent_if_the_kernel_does_not_help() -> None:
    command = ["sh", "-c", "echo $$; exec sleep 600"]
    found = f"import os, sys; sys.path.insert(0, {str(LEASH.parent)!r}); import leash"
    watch = f"{found}; leash.watch(os.getppid(), {command!r})"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {watch!r}])"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", parent, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        sleeper = int(await process.stdout.readline())
        process.kill()
        await process.wait()
        while (
            Path(f"/proc/{sleeper}").exists()
            and "Z" not in Path(f"/proc/{sleeper}/stat").read_text().split()[2]
        ):
            await asyncio.sleep(0.05)


def test_a_leash_whose_parent_is_gone_starts_nothing(tmp_path: Path) -> None:
    made = tmp_path / "made"
    done = subprocess.run(
        [sys.executable, "-I", "-S", LEASH, "1", "--", "touch", str(made)], check=False
    )
    assert done.returncode == 1
    assert not made.exists()
