"""Watchdogs as processes, which end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sfu_worker.watchdog.watched import Watched


@pytest.fixture
def watch(redis_url: str, clean_redis: Any) -> Iterator[Callable[..., Watched]]:
    """Start a watchdog, with an empty Redis; its arguments are those of ``Watched``."""
    started: list[Watched] = []

    def start(module: str = "sfu_worker", **settings: str) -> Watched:
        started.append(Watched(settings.pop("REDIS_URL", redis_url), module, **settings))
        return started[-1]

    yield start
    for watched in started:
        watched.close()
        assert "Traceback" not in watched.output
