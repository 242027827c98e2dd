"""Something else holds the write lock of the database."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tests.faults.conftest import Gather, nothing_lost
from tools.faults.company import until
from tools.faults.losses import Losses
from tools.faults.site import Site

LOCKED_SECONDS = 10.0


@contextlib.contextmanager
def locked(site: Site) -> Iterator[None]:
    """Nobody else can write to the database until the end of the block."""
    (file,) = Path(site.confcall.env["DATA_DIR"]).glob("*.sqlite3")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        yield
        held.execute("ROLLBACK")


async def test_a_locked_database_holds_up_no_call_and_newcomers_only_until_it_is_free(
    one: Site, gather: Gather
) -> None:
    garden, attic = await gather(one, "Ann", "Ben"), await gather(one, "Cat", "Dan")
    losses = [Losses(garden), Losses(attic)]
    door = await attic.door("speaker")
    with locked(one):
        newcomer = await attic.come("Eve", door=door)
        # Everyone hears of it while it is locked.
        await garden.mute(garden.callers[0], "microphone")
        await asyncio.sleep(LOCKED_SECONDS)
    await until(lambda: bool(newcomer.id), attic.story)
    losses[1].expected.add(newcomer.id)
    await nothing_lost(losses[0], unbroken=True)
    await nothing_lost(losses[1], unbroken=True)
