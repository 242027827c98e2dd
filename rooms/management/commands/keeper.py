"""``manage.py keeper``: records calls, merges notes, ends streams, forgets old arrivals.

Webmentions are read and sent in threads beside it.

One is enough; several do no harm.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import threading
import time
from datetime import datetime
from functools import partial
from typing import Any

import redis
import redis.exceptions
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections
from django.db.models import Count

from rooms.entry import admission
from rooms.entry.steady_clock import steady_now
from rooms.indieweb import people
from rooms.indieweb.webmentions.work import Workers
from rooms.management.after_call import AfterCall
from rooms.management.lost_rights import LostRights
from rooms.management.notes_versions import KeptVersions
from rooms.management.pad_watch import PadWatch
from rooms.models import Room
from rooms.notes import store as notes_store
from rooms.posts.attendance import InCall
from rooms.workers import calls
from sfu_worker import wire

logger = logging.getLogger("rooms.keeper")

GROUP = "keeper"
BLOCK_MS = 2000
BATCH = 200
# An entry that another keeper took and has not finished after this long is taken over.
RECLAIM_MS = 60_000

RETRY_SECONDS = 2.0

FORGET_SECONDS = 10 * 60.0

# Each attempt to merge notes reads all of them.
MERGE_AGAIN_SECONDS = 3600.0


class Command(BaseCommand):
    help = "Record calls, and keep the notes small. `serve` starts this command."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        keeper = Keeper(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=20))
        webmentions, pads = Workers(), PadWatch()
        webmentions.start()
        pads.start()
        try:
            loop(keeper, stop)
        finally:
            pads.stop()
            webmentions.stop()
            keeper.close()


def loop(keeper: Keeper, stop: threading.Event) -> None:
    """Step until told to stop. After an error the step is repeated, which is always safe."""
    failing = False
    while not stop.is_set():
        try:
            close_old_connections()
            keeper.step(steady_now(), time.monotonic())
            if failing:
                logger.info("- the rounds succeed again")
            failing = False
        except (redis.exceptions.RedisError, DatabaseError, OSError) as exc:
            # Once: Redis or the database may be away for long.
            level = logging.DEBUG if failing else logging.WARNING
            logger.log(level, "x a round failed; trying again until one succeeds: %s", exc)
            failing = True
            stop.wait(RETRY_SECONDS)
        except Exception:
            logger.exception("x unexpected error; the keeper continues")
            stop.wait(RETRY_SECONDS)


class Keeper:
    """Reads the stream of calls as a consumer group: an entry is acknowledged once it is stored."""

    def __init__(self, client: Any, block_ms: int = BLOCK_MS) -> None:
        self._redis = client
        self._block_ms = block_ms
        self._name = f"{socket.gethostname()}-{os.getpid()}"
        self._missing: dict[int, float] = {}
        self._forgot: float | None = None
        self._unmerged: dict[int, float] = {}
        self.after_call = AfterCall()
        self.lost_rights = LostRights(client)
        self.versions = KeptVersions()

    def close(self) -> None:
        self._redis.close()

    def step(self, now: datetime, at: float) -> None:
        """Do every chore once (the first one waits a moment for the stream).

        ``at`` is the time of a monotonic clock in seconds, by which chores measure how long
        something has been so: ``now`` may be set by an hour meanwhile.

        A chore that fails must not prevent the others: the first error is raised after all of them.
        """
        failed: list[Exception] = []
        for chore in (
            self.record_calls,
            partial(self.end_lost_calls, now, at),
            partial(self.after_call.write_attendances, now),
            partial(self.after_call.finish, now, at),
            partial(self.after_call.store_notes, at),
            partial(self.after_call.forget, now, at),
            partial(self.versions.keep, now, at),
            partial(self.compact_notes, at),
            partial(self.lost_rights.end_streams, now, at),
            partial(self.lost_rights.hold_streams, at),
            partial(self.lost_rights.end_seats, now, at),
            partial(self.forget_arrivals, now, at),
        ):
            try:
                chore()
            except Exception as exc:
                failed.append(exc)
        if failed:
            raise failed[0]

    def forget_arrivals(self, now: datetime, at: float) -> None:
        """Forget old arrivals, and people who have not signed in for long, now and then."""
        if self._forgot is None or at - self._forgot >= FORGET_SECONDS:
            admission.forget_arrivals(now)
            people.forget_old(now)
            self._forgot = at

    def record_calls(self) -> int:
        """Record the entries of the stream; return how many."""
        self._make_group()
        _next, reclaimed, *_ = self._redis.xautoclaim(
            wire.CALLS_STREAM, GROUP, self._name, min_idle_time=RECLAIM_MS, count=BATCH
        )
        # "0": what this keeper has read but not acknowledged, as after a database error.
        # ">": what no keeper has read.
        unfinished = self._redis.xreadgroup(
            GROUP, self._name, {wire.CALLS_STREAM: "0"}, count=BATCH
        )
        fresh = self._redis.xreadgroup(
            GROUP, self._name, {wire.CALLS_STREAM: ">"}, count=BATCH, block=self._block_ms
        )
        entries = dict(reclaimed)
        for answer in (unfinished, fresh):
            for _stream, found in answer or []:
                entries.update(found)
        for entry, fields in sorted(entries.items()):
            try:
                event = calls.parse(fields) if fields else None
                call = calls.record(event) if event else None
                if call is None:
                    logger.info("x entry %s belongs to no known room", entry)
                elif call.ended is not None:
                    self.after_call.ended([call.pk])
            except (OperationalError, InterfaceError):
                raise  # the database is away, so the entry waits
            except Exception:
                # It would fail for ever and hold up all entries after it.
                logger.exception("x entry %s could not be recorded", entry)
            self._redis.xack(wire.CALLS_STREAM, GROUP, entry)
        return len(entries)

    def _make_group(self) -> None:
        try:
            self._redis.xgroup_create(wire.CALLS_STREAM, GROUP, id="0", mkstream=True)
        except redis.exceptions.ResponseError as exc:
            if "BUSYGROUP" not in str(exc):
                raise

    def end_lost_calls(self, now: datetime, at: float) -> list[int]:
        """End the calls whose rooms have not been alive for a while."""
        running = calls.running()
        reports: dict[str, Any] = {}
        if running:
            values = self._redis.mget([wire.live_key(call.room.slug) for call in running])
            reports = {
                call.room.slug: json.loads(raw)
                for call, raw in zip(running, values, strict=True)
                if raw
            }
        alive = {slug: report["epoch"] for slug, report in reports.items()}
        self.after_call.seen(
            [
                InCall(call, frozenset(reports[call.room.slug].get("channels", ())))
                for call in running
                if alive.get(call.room.slug) == call.epoch
            ]
        )
        self._missing = calls.missing_since(self._missing, running, alive, at)
        lost = calls.end_lost(self._missing, now, at)
        self.after_call.ended(lost)
        return lost

    def compact_notes(self, at: float) -> None:
        """Merge the notes that have many rows."""
        self._unmerged = {
            pk: tried for pk, tried in self._unmerged.items() if at - tried < MERGE_AGAIN_SECONDS
        }
        rooms = Room.objects.annotate(rows=Count("notes_updates")).filter(
            rows__gt=notes_store.COMPACT_ROWS
        )
        for room in rooms.exclude(pk__in=self._unmerged).values_list("pk", flat=True):
            try:
                notes_store.compact(room)
            except notes_store.BadUpdate as exc:
                self._unmerged[room] = at
                logger.warning("x the notes of room %d were not compacted: %s", room, exc)
