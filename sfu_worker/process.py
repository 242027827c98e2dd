"""``python -m sfu_worker.process``: run one media worker until a signal comes.

SIGTERM drains it: people move to other workers, and it ends when it is empty or its time is over.
SIGINT, or a second SIGTERM, ends it at once. Its watchdog (``sfu_worker.watchdog``) starts it with
arguments; without any it runs alone, which is enough for tests and benchmarks.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

import uvloop

from sfu_worker.config import LOG_FORMAT, Config, ConfigError
from sfu_worker.control.collector import Collector
from sfu_worker.net.dtls import Certificate
from sfu_worker.tasks import Complaints, end, repeat
from sfu_worker.watchdog.link import TURN_SECONDS, Link
from sfu_worker.worker import Worker

POLL_SECONDS = 0.1


async def run(config: Config, link: Link | None = None) -> bool:
    """Start the worker, wait until it is to end, and end in order.

    Returns False if the worker broke, and should be started again.
    """
    complaints = Complaints(logging.getLogger("sfu"))
    asyncio.get_running_loop().set_exception_handler(note_unexpected(complaints))
    worker = Worker(config)
    await worker.start()
    collector = Collector(lambda: bool(worker.rooms))
    collector.begin()
    beside = [asyncio.create_task(repeat(collector.step, "collecting garbage", complaints))]
    if link is not None:
        beside.append(asyncio.create_task(_tell_turns(link)))
    await _wait_for_end(worker, config.drain_seconds, watched=link is not None)
    await worker.stop()
    await end(*beside)
    collector.end()
    return not worker.broken.is_set()


async def _tell_turns(link: Link) -> None:
    while True:
        link.turned()
        await asyncio.sleep(TURN_SECONDS)


async def _wait_for_end(worker: Worker, drain_seconds: float, *, watched: bool) -> None:
    """Wait until the worker is asked to end at once, has been drained, or is broken.

    A drain begins with a signal or with a command, and is over when its time is.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def on_sigterm() -> None:
        # A watchdog counts the signals itself and then sends SIGINT. A service manager may send
        # SIGTERM to every process of a service, this one included.
        if worker.draining and not watched:
            asked.set()
        worker.drain()

    loop.add_signal_handler(signal.SIGTERM, on_sigterm)
    loop.add_signal_handler(signal.SIGINT, asked.set)
    over = float("inf")
    while not asked.is_set() and not worker.broken.is_set():
        if worker.draining:
            over = min(over, loop.time() + drain_seconds)
            if worker.drained or loop.time() >= over:
                return
        await asyncio.sleep(POLL_SECONDS)


def note_unexpected(
    complaints: Complaints,
) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    """Handle the errors of callbacks, and of tasks that nobody waited for."""

    def note(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        said = f"{context.get('message', '')} {context.get('handle') or context.get('task') or ''}"
        exc = context.get("exception")
        complaints.tell(f"a callback ({type(exc).__name__})", said.strip(), exc)

    return note


def main(arguments: Sequence[str] = ()) -> int:
    """Read the settings and run. A wrong setting is reported in one clear line.

    A watchdog's ``arguments`` are its process id and the worker's name in this life.
    """
    parent, name = arguments or ("", "")
    link = Link.from_stdin(int(parent)) if parent else None
    if link is not None:
        _warm_up()
        if not link.wait():
            return 0
    try:
        config = Config.from_environment(os.environ, name)
    except ConfigError as exc:
        sys.stderr.write(f"sfu_worker: {exc}\n")
        return 2
    logging.basicConfig(level=config.log_level, format=LOG_FORMAT, stream=sys.stderr)
    try:
        return 0 if uvloop.run(run(config, link)) else 1
    except OSError as exc:
        sys.stderr.write(
            f"sfu_worker: cannot listen on port {config.port}: {exc}. "
            "Choose another one with SFU_PORT.\n"
        )
        return 1


def _warm_up() -> None:
    """Let libraries do now what they do at their first use: a spare has the time for it."""
    Certificate()
    uvloop.new_event_loop().close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
