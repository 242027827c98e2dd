"""The watchdog's loop: one worker that carries calls, and a spare that could.

Only the main thread starts processes: the kernel ends a child together with the thread that started
it (see ``link``).
"""

from __future__ import annotations

import contextlib
import logging
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from sfu_worker.config import Config, life_of
from sfu_worker.watchdog import deaths, proc
from sfu_worker.watchdog.child import Child
from sfu_worker.watchdog.health import Health
from sfu_worker.watchdog.pauses import Pauses

logger = logging.getLogger("sfu.watchdog")

TURN_SECONDS = 0.25
# A spare costs most of a CPU second. At first the worker and the web server need the cores, and
# after a death everyone who comes back does.
SPARE_AFTER_SECONDS = 5.0
# How long an ordered end may take beyond the time that it was given.
END_SECONDS = 5.0
# How long the end of the watchdog waits for Redis.
TELL_SECONDS = 2.0


@dataclass
class Life:
    """The worker that carries calls. ``since`` is when it was needed.

    ``killed`` is whether we have killed it, and said so.
    """

    child: Child
    health: Health
    since: float
    was_spare: bool
    killed: bool = False


class Watchdog:
    """Keeps a worker running until a signal comes, or it ends in order by itself."""

    def __init__(self, config: Config, told: deaths.Deaths, module: str) -> None:
        self._place = config.place
        self._drain_seconds = config.drain_seconds
        self._deaths = told
        self._module = module
        self._pauses, self._spare_pauses = Pauses(), Pauses()
        self._life: Life | None = None
        self._spare: Child | None = None
        # When the next life and the next spare may begin.
        self._life_at = self._needed_since = time.monotonic()
        self._spare_at = float("inf")
        # Whether any life has started: before, a failure is one of the settings.
        self._worked = False
        # When an end that was asked for must be over.
        self._deadline: float | None = None
        self._signals: deque[int] = deque()
        self._code: int | None = None

    def run(self) -> int:
        """Returns the exit code."""
        with self._signals_heard() as wake:
            try:
                while self._code is None:
                    self._turn(time.monotonic())
                    self._rest(wake)
            finally:
                for child in self._children():
                    child.end()
            if not self._deaths.finish(TELL_SECONDS):
                logger.warning("x Redis could not be told that the worker has ended")
        return self._code

    def _children(self) -> list[Child]:
        life = [self._life.child] if self._life else []
        return [*life, self._spare] if self._spare else life

    @contextlib.contextmanager
    def _signals_heard(self) -> Iterator[socket.socket]:
        """Collect signals; the socket becomes readable with each."""
        wake, waker = socket.socketpair()
        with wake, waker:
            wake.setblocking(False)
            waker.setblocking(False)
            before = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                # nohup ignores SIGHUP.
                if signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, lambda received, _: self._signals.append(received))
            signal.signal(signal.SIGCHLD, lambda *_: None)
            yield wake
            signal.set_wakeup_fd(before)

    def _rest(self, wake: socket.socket) -> None:
        """Wait for the next turn, a signal, the end of a child or a word of one."""
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        for child in self._children():
            if child.is_open:
                poll.register(child.line, select.POLLIN)
        if self._code is None:
            poll.poll(TURN_SECONDS * 1000)
        with contextlib.suppress(BlockingIOError):
            wake.recv(4096)

    def _turn(self, now: float) -> None:
        while self._signals:
            self._obey(self._signals.popleft(), now)
        self._see_life(now)
        self._see_spare(now)
        if self._deadline is None and self._code is None:
            self._start_what_is_missing(now)

    # What is asked of us

    def _obey(self, number: int, now: float) -> None:
        """The first SIGTERM lets people move elsewhere; anything more ends the worker at once."""
        drains = number == signal.SIGTERM and self._deadline is None
        seconds = self._drain_seconds if drains else 0
        self._deadline = now + seconds + END_SECONDS
        if self._spare:
            self._spare.end()
            self._spare = None
        life = self._life
        if life and not life.child.started:
            life.child.end()  # there is nobody in it
        elif life:
            life.child.send(signal.SIGTERM if drains else signal.SIGINT)

    # The worker

    def _see_life(self, now: float) -> None:
        life = self._life
        if life is None:
            if self._deadline is not None:
                self._code = 0
            return
        child, had_started = life.child, life.child.started
        turned = child.hear()
        if (code := child.code) is not None:
            self._on_end(life, code, now)
            return
        if child.started and not had_started:
            self._on_start(life, now)
        if life.killed:
            return
        if does := life.health.turn(now, turned, proc.sample(child.pid)):
            logger.error("x the media worker %s hangs (%s) and is killed", child.name, does)
        elif self._deadline is not None and now > self._deadline:
            logger.error("x the media worker %s did not end in time and is killed", child.name)
        else:
            return
        life.killed = True
        child.send(signal.SIGKILL)

    def _on_start(self, life: Life, now: float) -> None:
        if self._worked:
            who = "the spare has taken over" if life.was_spare else "a new one has taken over"
            logger.info("- %s after %.2f s, as %s", who, now - life.since, life.child.name)
        self._worked = True
        self._spare_at = now + SPARE_AFTER_SECONDS

    def _on_end(self, life: Life, code: int, now: float) -> None:
        self._life = None
        if life.child.started or code < 0:  # otherwise nobody knows of it
            self._deaths.tell(life.child.name)
        if self._deadline is not None:
            ordered = code == 0 or not life.child.started
            self._code = 0 if ordered else 1
        else:
            # 0: it was drained. Other codes of a first life come with a line of its own.
            ordered = code == 0 or (code > 0 and not self._worked)
            if code == 0 or not self._worked:
                self._code = max(code, 0) if ordered else 1
        if not ordered and not life.killed:
            logger.error("x the media worker %s %s", life.child.name, ending(code))
        if self._code is None:
            pause = self._pauses.after(now)
            self._life_at, self._needed_since = now + pause, now
            if pause:
                logger.error("x it has died too often; it is started again in %g s", pause)

    # What takes its place

    def _see_spare(self, now: float) -> None:
        child = self._spare
        if child is None:
            return
        was_ready = child.ready
        child.hear()
        if (code := child.code) is not None:
            self._spare = None
            self._spare_at = now + SPARE_AFTER_SECONDS + self._spare_pauses.after(now)
            logger.warning("x the spare of the media worker %s; another follows", ending(code))
        elif child.ready and not was_ready:
            logger.debug("- a spare of the media worker is ready")
            deaths.prepare()

    def _start_what_is_missing(self, now: float) -> None:
        if self._life is None and now >= self._life_at:
            child, self._spare = self._spare, None
            self._spare_at = float("inf")
            was_spare = child is not None
            if child is None and (child := self._child()) is None:
                self._life_at = now + max(self._pauses.after(now), TURN_SECONDS)
                return
            child.go()
            self._life = Life(child, Health(now), self._needed_since, was_spare)
        elif self._life and self._spare is None and now >= self._spare_at:
            self._spare = self._child()
            if self._spare is None:
                self._spare_at = now + SPARE_AFTER_SECONDS + self._spare_pauses.after(now)

    def _child(self) -> Child | None:
        try:
            return Child(life_of(self._place), self._module)
        except OSError as exc:
            # Out of memory, processes or files, perhaps only for a while.
            logger.error("x a media worker could not be started: %s", exc)
            return None


def ending(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"
