"""Tells through Redis that workers have died, in a thread: Redis may be away for any time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from sfu_worker import wire

logger = logging.getLogger("sfu.watchdog")

REDIS_SECONDS = 2.0
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 2.0


class Deaths:
    """``tell`` returns at once. The URL may hold a password, so no line shows it."""

    def __init__(self, redis_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = redis_url
        self._clock = clock
        # When each of those died of whom nobody has been told yet.
        self._untold: dict[str, float] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="deaths", daemon=True).start()

    def tell(self, worker: str) -> None:
        """Write the tombstone of a worker, as soon as Redis lets us."""
        with self._changed:
            self._untold[worker] = self._clock()
            self._changed.notify_all()

    def finish(self, seconds: float) -> bool:
        """Wait until everything is told, but not longer than this. Returns whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._untold, seconds)

    def _run(self) -> None:
        pause = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._untold))
                workers = dict(self._untold)
            try:
                write(self._url, list(workers))
                pause = 0.0
            except Exception as exc:
                # Usually Redis is away. Whatever it is, the worker's life does not depend on it.
                if not pause:
                    logger.warning("x Redis is not told of the death yet: %s", type(exc).__name__)
                pause = min(2 * pause or FIRST_PAUSE, LONGEST_PAUSE)
                # Later than that the name means nothing to anyone.
                oldest = self._clock() - wire.DEAD_SECONDS
                workers = {worker: at for worker, at in workers.items() if at < oldest}
            self._forget(workers)
            time.sleep(pause)

    def _forget(self, workers: dict[str, float]) -> None:
        with self._changed:
            for worker in workers:
                del self._untold[worker]
            self._changed.notify_all()


def prepare() -> None:
    """Import the client ahead of its use: a death is no time for it."""
    import redis  # noqa: F401


def write(redis_url: str, workers: list[str]) -> None:
    """Tell that these workers are dead. Raises what redis-py raises."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    limits: dict[str, Any] = {"socket_timeout": REDIS_SECONDS}
    if not redis_url.startswith("unix:"):
        limits["socket_connect_timeout"] = REDIS_SECONDS
    # We repeat it ourselves.
    with redis.Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0), **limits) as client:
        pipeline = client.pipeline(transaction=True)
        for worker in workers:
            wire.bury(pipeline, worker)
        pipeline.execute()
