"""What waits to be verified or sent, in the database. Several processes may work on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from rooms.models import Webmention
from rooms.models.sites import MAX_URL

# Waits between the attempts. After the last one it is given up.
WAITS = (timedelta(minutes=1), timedelta(minutes=20))

# Whoever takes a row has this long to finish it. Then it counts as abandoned.
LEASE = timedelta(minutes=5)

# A row that was taken more often has ended the process each time: its page does harm.
MOST_TAKEN = 8

# More of a kind do not wait. Others may try again later.
MAX_WAITING = 1000

KEPT = timedelta(days=30)

# Each worker looks at a few rows, in case others take the first ones.
_CANDIDATES = 10


def is_full() -> bool:
    """Whether no more webmentions can be received for now."""
    waiting = Webmention.objects.filter(incoming=True, due__isnull=False)
    return waiting.count() >= MAX_WAITING


def add(source: str, targets: Iterable[str], now: datetime, *, incoming: bool) -> None:
    """Let webmentions wait. One that was there before is done again from the beginning."""
    for target in targets:
        if len(target) <= MAX_URL:
            Webmention.objects.update_or_create(
                incoming=incoming,
                source=source,
                target=target,
                defaults={"due": now, "attempts": 0, "outcome": ""},
            )


def take(now: datetime) -> Webmention | None:
    """A webmention that is due. Nobody else gets it while the lease lasts."""
    due = Webmention.objects.filter(due__lte=now).order_by("due")
    for pk, before in due.values_list("pk", "due")[:_CANDIDATES]:
        # Whoever changes the time first has it.
        taken = Webmention.objects.filter(pk=pk, due=before)
        if taken.update(due=now + LEASE, attempts=F("attempts") + 1):
            return Webmention.objects.filter(pk=pk).first()
    return None


def finish(row: Webmention, outcome: str) -> None:
    """It is done; unless it was added again meanwhile, which must be done too."""
    _still(row).update(due=None, outcome=outcome[:200])


def fail(row: Webmention, reason: str, now: datetime) -> None:
    """Try again later, or give up."""
    if row.attempts > len(WAITS):
        finish(row, reason)
    else:
        _still(row).update(due=now + WAITS[row.attempts - 1], outcome=reason[:200])


def forget(now: datetime) -> None:
    """Delete what was finished long ago."""
    Webmention.objects.filter(due__isnull=True, created__lt=now - KEPT).delete()


def _still(row: Webmention) -> QuerySet[Webmention]:
    return Webmention.objects.filter(pk=row.pk, due=row.due)
