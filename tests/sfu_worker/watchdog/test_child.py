"""A worker process as its watchdog sees it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sfu_worker.watchdog.child import Child
from tests.sfu_worker.watchdog.watched import until

TINY = "tests.sfu_worker.watchdog.tiny"


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Child]]:
    children: list[Child] = []

    def start(how: str = "", module: str = TINY) -> Child:
        monkeypatch.setenv("TINY", how)
        children.append(Child("lab-1", module))
        return children[-1]

    yield start
    for child in children:
        child.end()


def until_heard(child: Child, what: Callable[[], bool]) -> None:
    def heard() -> bool:
        child.hear()
        return what()

    until(heard)


def test_it_is_a_spare_until_it_is_told_to_go(start: Callable[..., Child]) -> None:
    child = start()
    until_heard(child, lambda: child.ready)
    assert not child.started
    child.go()
    until_heard(child, lambda: child.started)
    assert child.code is None


def test_each_turn_of_its_loop_is_heard_once(start: Callable[..., Child]) -> None:
    child = start()
    child.go()
    until(child.hear)
    child.send(signal.SIGSTOP)
    # What it said before it was stopped is heard; then there is silence.
    until(lambda: not child.hear())
    child.send(signal.SIGCONT)
    until(child.hear)


def test_its_end_is_seen_with_the_reason(start: Callable[..., Child]) -> None:
    child = start("after 3")
    child.go()
    until(lambda: child.code is not None)
    assert child.code == 3
    # Its last words are not lost.
    assert child.hear()
    until_heard(child, lambda: not child.is_open)
    assert not child.hear()
    child.go()
    child.send(signal.SIGTERM)
    other = start()
    other.go()
    other.send(signal.SIGKILL)
    until(lambda: other.code == -signal.SIGKILL)


def test_signals_to_the_watchdogs_group_do_not_reach_it(start: Callable[..., Child]) -> None:
    assert os.getpgid(start().pid) != os.getpgrp()


def test_arguments_hold_a_name_and_nothing_secret(start: Callable[..., Child]) -> None:
    child = start()
    until_heard(child, lambda: child.ready)
    arguments = Path(f"/proc/{child.pid}/cmdline").read_text().split("\0")
    assert arguments[2:] == [TINY, str(os.getpid()), "lab-1", ""]


def test_its_end_waits_until_it_is_gone(start: Callable[..., Child]) -> None:
    child = start()
    child.send(signal.SIGSTOP)
    child.end()
    assert child.code == -signal.SIGKILL
