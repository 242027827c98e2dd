"""Database work in threads of its own: its results, its errors, and its limits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from django.db import OperationalError

from rooms import database
from rooms.database import Busy

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 10.0


@asynccontextmanager
async def all_threads_taken() -> AsyncIterator[None]:
    """Work keeps all threads until the end of the block."""
    over = threading.Event()
    work = [
        asyncio.ensure_future(database.run(over.wait, PATIENCE)) for _ in range(database.THREADS)
    ]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        over.set()
        assert all(await asyncio.gather(*work))


async def test_the_result_and_the_errors_of_the_work_come_back() -> None:
    assert await database.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await database.run(divmod, 7, 0)


async def test_a_database_that_is_away_means_try_again() -> None:
    def away() -> None:
        raise OperationalError("connection refused")

    with pytest.raises(Busy, match="connection refused"):
        await database.run(away)


async def test_the_event_loop_goes_on_while_the_threads_wait() -> None:
    async with all_threads_taken():
        waiting = asyncio.ensure_future(database.run(divmod, 7, 2))
        await asyncio.sleep(0)
        assert not waiting.done()
    assert await waiting == (3, 1)


async def test_work_that_found_no_thread_in_time_is_never_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[int] = []
    async with all_threads_taken():
        monkeypatch.setattr(database, "LIMIT_SECONDS", 0.01)
        with pytest.raises(Busy):
            await database.run(done.append, 1)
    monkeypatch.undo()
    # The queue is in order, so this comes after it.
    await asyncio.gather(*(database.run(done.append, 2) for _ in range(database.THREADS)))
    assert 1 not in done


async def test_work_waits_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_places", threading.BoundedSemaphore(database.THREADS))
    async with all_threads_taken():
        with pytest.raises(Busy):
            await database.run(divmod, 7, 2)
    assert await database.run(divmod, 7, 2) == (3, 1)
