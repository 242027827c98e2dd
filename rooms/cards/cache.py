"""Cards that were made a moment ago, in the memory of this process.

A card in a blog post is asked for once by each reader, so the cost of a popular post must not
depend on their number. An entry is good for some seconds. The memory is bounded: a stranger who
makes up addresses displaces only other addresses that lead nowhere.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.utils.translation import get_language

from rooms import database
from rooms.models import Background, Invite, OpeningHours, Room

# Browsers keep a card for max-age=10 on top.
KEPT_SECONDS = 5.0

# If the database is away, an old card is better than none.
STALE_SECONDS = 600.0

MOST = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """An answer. ``found``: it is of a room or an invite that a stranger may know of."""

    body: bytes
    headers: dict[str, str]
    status: int = 200
    found: bool = True


@dataclass
class Cache:
    """Pages by their keys, and when each was made, in monotonic seconds.

    Each request has a thread of its own. The lock is for what changes the tables.
    """

    found: dict[str, tuple[Page, float]] = field(default_factory=dict)
    absent: dict[str, tuple[Page, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, key: str, make: Callable[[], Page], now: float) -> Page:
        """The page of this key. Raises what ``make`` raises, unless there is an old page."""
        kept = self.fresh(key, now)
        if kept is not None:
            return kept
        try:
            page = make()
        except database.AWAY:
            old, made = self.found.get(key, (None, 0.0))
            if old is None or now - made > STALE_SECONDS:
                raise
            return old
        self.put(key, page, now)
        return page

    def fresh(self, key: str, now: float) -> Page | None:
        """A page that is still good."""
        for pages in (self.found, self.absent):
            page, made = pages.get(key, (None, 0.0))
            if page is not None and now - made < KEPT_SECONDS:
                return page
        return None

    def put(self, key: str, page: Page, now: float) -> None:
        """Keep a page. The oldest one gives way if there are too many."""
        pages, others = (self.found, self.absent) if page.found else (self.absent, self.found)
        with self.lock:
            others.pop(key, None)
            pages.pop(key, None)
            while len(pages) >= MOST:
                del pages[next(iter(pages))]
            pages[key] = page, now

    def forget(self) -> None:
        """Make every card anew from now on."""
        with self.lock:
            self.found.clear()
            self.absent.clear()


CACHE = Cache()


def page(key: str, make: Callable[[], Page]) -> Page:
    """The page of this key in the reader's language, made by ``make`` if there is no good one."""
    return CACHE.page(f"{get_language()} {key}", make, time.monotonic())


def _changed(**_kwargs: Any) -> None:
    """The owner sees a change at once, at least in the process that made it."""
    CACHE.forget()
    transaction.on_commit(CACHE.forget)


for _model in (Background, Invite, OpeningHours, Room):
    post_save.connect(_changed, sender=_model, dispatch_uid="rooms.cards")
    post_delete.connect(_changed, sender=_model, dispatch_uid="rooms.cards")
