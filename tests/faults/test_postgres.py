"""PostgreSQL stands still or is gone, beneath real processes: calls go on, nothing is lost."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest

from sfu_worker.light_client import WebSocketSignalling
from tools.postgres import Postgres, postgres
from tools.product import Confcall, confcall
from tools.system_packages import find

# More than any limit of the web server, on a machine that does other things too.
PATIENCE = 60.0

PASSES = """
from rooms.entry import passes
from rooms.entry.passes import Pass
from rooms.models import Room
from rooms.roles import Role
room = Room.objects.create(slug="garden", title="Garden")
invite = room.invites.create(role=Role.SPEAKER)
for person in ("ann", "bob", "cyd"):
    print(passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, person)))
"""


@pytest.fixture
def product() -> Iterator[tuple[Confcall, Postgres]]:
    """The product on a PostgreSQL of its own. A traceback in its log is an error."""
    if not find("postgres") and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed")
    with postgres() as server, confcall(DATABASE_URL=server.url, SFU_WORKERS="1") as running:
        yield running, server


async def heard(signalling: WebSocketSignalling, *kinds: str) -> list[dict[str, Any]]:
    """The next message of each kind, in the order of ``kinds``; others are passed over."""
    found: dict[str, dict[str, Any]] = {}
    async with asyncio.timeout(PATIENCE):
        while not found.keys() >= set(kinds):
            message = await signalling.receive()
            found.setdefault(message["type"], message)
    return [found[kind] for kind in kinds]


@pytest.mark.parametrize("how", ["stands still", "is gone"])
async def test_signalling_goes_on_and_joins_and_lines_succeed_afterwards(
    product: tuple[Confcall, Postgres], how: str
) -> None:
    running, server = product
    tokens = await asyncio.to_thread(running.shell, PASSES)

    def socket() -> WebSocketSignalling:
        return WebSocketSignalling(
            running.url.replace("http", "ws") + "/ws/call/garden/", running.url
        )

    ann, bob, cyd = socket(), socket(), socket()
    for who, name, token in zip((ann, bob), ("Ann", "Bob"), tokens.split(), strict=False):
        await who.join(name, token)
        await heard(who, "room_state")
    stop, start = (
        (server.stop, server.go_on) if how == "stands still" else (server.kill, server.start)
    )
    await asyncio.to_thread(stop)
    try:
        await ann.send({"type": "chat", "nonce": "n1", "text": "Hello"})
        # Her line is refused, at once or later. Nothing else waits for it.
        await ann.send({"type": "snapshot"})
        await bob.send({"type": "snapshot"})
        for who in (ann, bob):
            [state] = await heard(who, "room_state")
            assert len(state["people"]) == 2
        await cyd.join("Cyd", tokens.split()[2])
        [refusal] = await heard(cyd, "error")
        assert refusal["code"] == "busy"
    finally:
        await asyncio.to_thread(start)
    await ann.send({"type": "chat", "nonce": "n1", "text": "Hello"})
    for who in (ann, bob):
        [line] = await heard(who, "chat_line")
        assert (line["number"], line["text"]) == (1, "Hello")
    await cyd.close()
    cyd = socket()
    await cyd.join("Cyd", tokens.split()[2])
    [state] = await heard(cyd, "room_state")
    assert len(state["people"]) == 3
    for who in (ann, bob, cyd):
        await who.close()
