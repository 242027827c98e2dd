"""How the end of a worker is told: by its watchdog, by its own ordered end, by its next life."""

from __future__ import annotations

import json
from typing import Any

from sfu_worker.wire.keys import (
    CHANGED_CHANNEL,
    DEAD_SECONDS,
    WORKERS_KEY,
    worker_key,
    worker_numbers_key,
)


def bury(pipeline: Any, worker: str) -> None:
    """Queue what tells everyone that a worker is dead, in a Redis pipeline of either kind."""
    dead = json.dumps({"worker": worker, "dead": True})
    pipeline.set(worker_key(worker), dead, px=int(DEAD_SECONDS * 1000))
    pipeline.delete(worker_numbers_key(worker))
    pipeline.srem(WORKERS_KEY, worker)
    pipeline.publish(CHANGED_CHANNEL, "")


def lives(report: bytes | str | None) -> bool:
    """Whether a worker's key, as it was read, is that of a living worker."""
    return report is not None and not json.loads(report).get("dead")
