"""Works off the queue: verifies what came and sends what waits, one at a time."""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from rooms.fetching import Failed, FetchError
from rooms.indieweb.webmentions import queue
from rooms.indieweb.webmentions.sending import deliver
from rooms.indieweb.webmentions.verifying import verify
from rooms.models import Webmention

logger = logging.getLogger(__name__)

# Sites may take 30 s each. With several threads, a few slow ones do not hold up the others.
THREADS = 3

# How long something new waits at most.
LOOK_SECONDS = 2.0
# After an error of the database.
RETRY_SECONDS = 10.0
FORGET_SECONDS = 3600.0

# At the end of the process, whatever takes longer is done again later.
END_SECONDS = 2.0

UNREADABLE = "The page could not be read."


def work(now: datetime) -> bool:
    """Do one webmention that is due; whether there was one."""
    row = queue.take(now)
    if row is None:
        return False
    try:
        outcome = _do(row) if row.attempts <= queue.MOST_TAKEN else UNREADABLE
    except Failed as exc:
        queue.fail(row, str(exc), now)
    except FetchError as exc:
        queue.finish(row, str(exc))
    else:
        queue.finish(row, outcome)
    return True


def _do(row: Webmention) -> str:
    try:
        return verify(row) if row.incoming else deliver(row)
    except (FetchError, DatabaseError, InterfaceError):
        raise
    except Exception:
        # A page may be anything. It must not be tried for ever.
        logger.exception("x webmention %d could not be handled", row.pk)
        return UNREADABLE


class Workers:
    """Threads that work until they are stopped, apart from everything else in the process."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        # Daemons: a site that takes its time does not hold up the end of the process.
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name="webmentions", daemon=True)
            for number in range(THREADS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait a moment for those who are at work."""
        self._stop.set()
        for thread in self._threads:
            thread.join(END_SECONDS / THREADS)

    def _run(self, number: int) -> None:
        failing = False
        rounds = 0
        while not self._stop.is_set():
            try:
                if number == 0 and rounds % int(FORGET_SECONDS / LOOK_SECONDS) == 0:
                    queue.forget(timezone.now())
                while not self._stop.is_set() and work(timezone.now()):
                    pass
                failing = False
            except (DatabaseError, InterfaceError) as exc:
                level = logging.DEBUG if failing else logging.WARNING
                logger.log(level, "x webmentions wait for the database: %s", exc)
                failing = True
            except Exception:
                logger.exception("x unexpected error; webmentions continue")
                failing = True
            finally:
                # Between rounds no connection is kept: most of the time there is nothing to do.
                close_old_connections()
            rounds += 1
            self._stop.wait(RETRY_SECONDS if failing else LOOK_SECONDS)
