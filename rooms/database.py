"""Database work for the WebSockets, off the event loop and with a time limit.

Channels runs all database work of a process in one thread, and even waits for that thread before
each message. One locked table would then hold up every call. Here, the work has a few threads of
its own, each with its own connection, and nothing else waits for them.

A thread that waits for the database cannot be stopped. It ends by itself, because each wait for the
database has a limit of its own, shorter than ``LIMIT_SECONDS``: see ``confcall.settings``.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections

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

# What a database raises that is away, locked, full or slow.
AWAY = (OperationalError, InterfaceError)


class Busy(Exception):
    """The database did not answer in time: try again in a moment.

    Work that was already with the database may still be done.
    """


_threads = ThreadPoolExecutor(THREADS, "database")
_places = threading.BoundedSemaphore(MAX_UNFINISHED)


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
        raise Busy(f"the database did not answer within {LIMIT_SECONDS} s") from exc
    except (DatabaseError, InterfaceError) as exc:
        if not isinstance(exc, AWAY):
            logger.exception("x the database refused what it was asked")
        raise Busy(str(exc).strip()) from exc


def _call(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call it with a connection that works, as Django does for a request."""
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
