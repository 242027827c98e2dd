"""``python -m sfu_worker``: run one media worker until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys

import uvloop

from sfu_worker.config import Config, ConfigError
from sfu_worker.worker import Worker


async def run(config: Config) -> None:
    """Start the worker, wait for a signal, end in order."""
    worker = Worker(config)
    await worker.start()
    # What lives from here on lives long: keep the collector from walking it (it would pause the packets).
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, done.set)
    await done.wait()
    await worker.stop()


def main() -> int:
    """Read the settings; a wrong one is one clear line."""
    try:
        config = Config.from_environment(os.environ)
    except ConfigError as exc:
        sys.stderr.write(f"sfu_worker: {exc}\n")
        return 2
    logging.basicConfig(
        level=config.log_level, format="%(levelname).1s %(name)s %(message)s", stream=sys.stderr
    )
    try:
        uvloop.run(run(config))
    except OSError as exc:
        sys.stderr.write(f"sfu_worker: cannot listen on port {config.port}: {exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
