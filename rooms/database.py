"""Database work for the WebSockets, off the event loop and with a time limit.

Channels runs all database work of a process in one thread, and even waits for that thread before
each message. One locked table would then hold up every call. Here, the work has a few threads of
its own, each with its own connection, and nothing else waits for them.

A thread that waits for the database cannot be stopped. It ends by itself, because each wait for the
database has a limit of its own, shorter than ``LIMIT_SECONDS``. For SQLite and for connecting, the
settings have it. ``limit_waits`` adds what they cannot say about PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections
from django.db.backends.signals import connection_created

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# SQLite has one writer at a time. More threads help only while some of them wait.
THREADS = 4

# From the call of ``run`` to its end, including the wait for a thread. A page that joins gives up
# after 10 s, and must have heard "try again" by then.
LIMIT_SECONDS = 6.0

# More work than this does not wait: its turn would come too late.
MAX_UNFINISHED = 1000

# After this, PostgreSQL gives a statement up, and the wait for a lock with it.
STATEMENT_SECONDS = 4.0

# After this, we give up a PostgreSQL that says nothing, for example because its disk hangs.
ANSWER_SECONDS = 5.0

# PostgreSQL ends a transaction that we do not go on with, as when this process was stopped.
TRANSACTION_SECONDS = 10.0

# Trouble is logged this often at most.
LOG_SECONDS = 10.0


class Busy(Exception):
    """The database did not answer in time: try again in a moment.

    Work that was already with the database may still be done.
    """


# What is raised if the database is away, locked, full or slow.
AWAY = (OperationalError, InterfaceError, Busy)

_threads = ThreadPoolExecutor(THREADS, "database")
_places = threading.BoundedSemaphore(MAX_UNFINISHED)
_logged = -LOG_SECONDS


async def run(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``function`` in one of the threads. Raises Busy, and whatever it raises."""
    if not _places.acquire(blocking=False):
        raise Busy("too much is waiting for the database")
    context = contextvars.copy_context()
    job = _threads.submit(context.run, functools.partial(_call, function, *args, **kwargs))
    job.add_done_callback(lambda _job: _places.release())
    try:
        async with asyncio.timeout(LIMIT_SECONDS) as limit:
            # If the time runs out before a thread is free, the function is not called at all.
            return await asyncio.wrap_future(job)
    except TimeoutError as exc:
        if not limit.expired():
            raise
        trouble = Busy(f"the database did not answer within {LIMIT_SECONDS} s")
        note(trouble)
        raise trouble from exc
    except (DatabaseError, InterfaceError) as exc:
        note(exc)
        raise Busy(line(exc)) from exc


def note(exc: Exception) -> None:
    """Log trouble with the database, but not each time while it lasts."""
    global _logged
    if not isinstance(exc, AWAY):
        logger.error("x the database refused what it was asked", exc_info=exc)
    elif time.monotonic() - _logged >= LOG_SECONDS:
        _logged = time.monotonic()
        logger.warning("x the database does not answer as it should: %s", line(exc))


def line(exc: Exception) -> str:
    """What PostgreSQL says in several lines, in one."""
    return " ".join(str(exc).split())


def limit_waits() -> None:
    """Let no connection that this process opens from now on wait for PostgreSQL without a limit.

    For the web server only: a migration may take as long as it needs.
    """
    connection_created.connect(_limit, dispatch_uid="rooms.database")


def _limit(connection: Any, **_kwargs: Any) -> None:
    if connection.vendor != "postgresql":
        return
    raw: psycopg.Connection[Any] = connection.connection
    wait = raw.wait

    def limited(generator: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return wait(generator, *args, **{"timeout": ANSWER_SECONDS, **kwargs})
        except psycopg.errors._WaitTimeout:
            raw.close()  # an answer may still come, and would be taken for that of the next query
            raise

    raw.wait = limited  # type: ignore[method-assign, assignment]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, false),"
            " set_config('idle_in_transaction_session_timeout', %s, false)",
            [f"{STATEMENT_SECONDS:.0f}s", f"{TRANSACTION_SECONDS:.0f}s"],
        )


def _call(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call it with a connection that works, as Django does for a request."""
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
