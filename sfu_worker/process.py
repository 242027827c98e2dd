"""``python -m sfu_worker.process``: run one media worker until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import uvloop

from sfu_worker.config import Config, ConfigError
from sfu_worker.control.collector import Collector
from sfu_worker.tasks import Complaints, end, repeat
from sfu_worker.worker import Worker


async def run(config: Config) -> bool:
    """Start the worker, wait for a signal, and end in order.

    Returns False if the worker broke, and should be started again.
    """
    loop = asyncio.get_running_loop()
    complaints = Complaints(logging.getLogger("sfu"))
    loop.set_exception_handler(note_unexpected(complaints))
    worker = Worker(config)
    await worker.start()
    collector = Collector(lambda: bool(worker.rooms))
    collector.begin()
    collecting = asyncio.create_task(repeat(collector.step, "collecting garbage", complaints))
    asked = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, asked.set)
    ends = [asyncio.create_task(event.wait()) for event in (asked, worker.broken)]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for waiting in ends:
        waiting.cancel()
    await worker.stop()
    await end(collecting)
    collector.end()
    return not worker.broken.is_set()


def note_unexpected(
    complaints: Complaints,
) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    """Handle the errors of callbacks, and of tasks that nobody waited for."""

    def note(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        said = f"{context.get('message', '')} {context.get('handle') or context.get('task') or ''}"
        exc = context.get("exception")
        complaints.tell(f"a callback ({type(exc).__name__})", said.strip(), exc)

    return note


def main() -> int:
    """Read the settings and run. A wrong setting is reported in one clear line."""
    try:
        config = Config.from_environment(os.environ)
    except ConfigError as exc:
        sys.stderr.write(f"sfu_worker: {exc}\n")
        return 2
    logging.basicConfig(
        level=config.log_level, format="%(levelname).1s %(name)s %(message)s", stream=sys.stderr
    )
    try:
        return 0 if uvloop.run(run(config)) else 1
    except OSError as exc:
        sys.stderr.write(f"sfu_worker: cannot listen on port {config.port}: {exc}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
