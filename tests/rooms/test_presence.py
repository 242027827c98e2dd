"""Who may know who is in a call, and what the lobby hears of a worker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from rooms.entry import passes, presence
from rooms.entry.passes import Pass
from rooms.entry.presence import Looker, Present, sentence
from rooms.models import Ban, Room
from rooms.roles import Grant, Role, VisitorPolicy
from rooms.workers import sfu
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import join, make_invite, make_pass, make_room, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]

PERSON = {"Sec-Fetch-Mode": "navigate"}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "KEPT_SECONDS", 0.0)


def words(count: int, *names: str, own: str = "", may: bool = True) -> str:
    named = {name.lower(): name for name in names}
    text = sentence(Present(count, named), Looker("garden", own, may))
    return text.replace(presence.ISOLATE, "").replace(presence.END, "")


def test_who_is_in_is_a_sentence() -> None:
    assert words(0) == "No one is in the call yet."
    assert words(1, "Ann") == "Ann is in the call."
    assert words(2, "Ann", "Ben") == "Ann and Ben are in the call."
    assert words(3, "Ann", "Ben") == "Ann, Ben and 1 more are in the call."
    assert words(6, *"ABCDEF") == "A, B, C, D and 2 more are in the call."
    assert words(1) == "1 person is in the call."
    assert words(2, "Ann", "Ben", may=False) == "2 people are in the call."
    assert sentence(None, Looker("garden", "", True)) == ""


def test_ones_own_page_in_another_tab_is_not_company() -> None:
    assert words(1, "Ann", own="ann") == "No one is in the call yet."
    assert words(2, "Ann", "Ben", own="ann") == "Ben is in the call."
    assert words(2, "Ann", "Ben", own="ann", may=False) == "1 person is in the call."


@pytest.mark.parametrize(
    ("role", "invite", "may"),
    [
        (Role.OWNER, None, True),
        (Role.MODERATOR, 1, True),
        (Role.SPEAKER, 1, True),
        (Role.LISTENER, 1, True),
        (Role.SPEAKER, None, False),
        (Role.LISTENER, None, False),
    ],
)
def test_names_are_for_the_invited_and_for_hosts(role: Role, invite: int | None, may: bool) -> None:
    looker = presence.looker(Room(pk=1, slug="garden"), Pass(1, role, invite, "x"), Grant(role))
    assert looker.names is may


async def asked(token: str = "", path: str = "/present/") -> Any:
    return await AsyncClient().get(path, headers={"Pass": token} if token else {})


async def said(token: str) -> str:
    text: str = json.loads((await asked(token)).content)["text"]
    return text.replace(presence.ISOLATE, "").replace(presence.END, "")


def visitor(room: Room) -> str:
    return passes.issue(Pass(room.pk, Role.LISTENER, None, "vic"))


async def test_the_lobby_names_who_is_in_to_the_invited_and_counts_them_for_visitors() -> None:
    async with FakeWorker():
        room = await make_room(visitors=VisitorPolicy.LISTEN)
        guest, stranger = await make_pass(room, person="gil"), visitor(room)
        assert await said(guest) == await said(stranger) == "No one is in the call yet."
        ann, _ = await join(room, "Ann")
        await live("Ann", room)
        assert await said(guest) == "Ann is in the call."
        assert await said(stranger) == "1 person is in the call."
        # Her own other tab.
        assert await said(await make_pass(room, person="ann")) == "No one is in the call yet."
        await ann.gone()


async def live(name: str, room: Room) -> None:
    """Wait until the worker's report has somebody."""
    participant = passes.participant_of(room.pk, name.lower())
    await until(lambda: among(participant, room.slug))


async def among(participant: str, slug: str) -> bool:
    return participant in await sfu.people_in(slug)


async def test_the_page_says_it_without_scripts() -> None:
    async with FakeWorker():
        room = await make_room(visitors=VisitorPolicy.LISTEN)
        invite = await make_invite(room)
        ann, _ = await join(room, "Ann <b>")
        await live("Ann <b>", room)
        page = await sync_to_async(Client(headers=PERSON).get)(invite.get_absolute_url())
        assert "Ann &lt;b&gt;" in page.content.decode()
        page = await sync_to_async(Client(headers=PERSON).get)(room.get_absolute_url())
        assert "1 person is in the call." in page.content.decode()
        assert "Ann" not in page.content.decode()
        await ann.gone()


@pytest.mark.parametrize("path", ["/present/", "/reach/"])
async def test_strangers_and_the_removed_hear_nothing(path: str) -> None:
    async with FakeWorker():
        room = await make_room()
        token = await make_pass(room, person="gil")
        assert (await asked(token, path)).status_code != 403
        await sync_to_async(Ban.objects.create)(room=room, person="gil")
        revoked = await make_pass(room, person="rob", revoked=True)
        gone = passes.issue(Pass(room.pk + 1, Role.OWNER, None, "x", user=1))
        answers = [
            await asked(key, path) for key in ("", "forged", token, revoked, gone, visitor(room))
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(403, b"")}
        assert {answer["Cache-Control"] for answer in answers} == {
            "max-age=0, no-cache, no-store, must-revalidate, private"
        }


async def test_what_is_kept_is_kept_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeWorker():
        room = await make_room()
        token = await make_pass(room, person="gil")
        monkeypatch.setattr(presence, "KEPT_SECONDS", 1000.0)
        assert await said(token) == "No one is in the call yet."
        ann, _ = await join(room, "Ann")
        await live("Ann", room)
        assert await said(token) == "No one is in the call yet."
        monkeypatch.setattr(presence, "KEPT_SECONDS", 0.0)
        assert await said(token) == "Ann is in the call."
        await ann.gone()


async def test_without_redis_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: str) -> Any:
        raise sfu.Unavailable

    room = await make_room()
    token = await make_pass(room)
    monkeypatch.setattr(sfu, "crowd", away)
    assert await said(token) == ""


async def test_reach_tells_how_a_worker_answers_checks(clean_redis: Any) -> None:
    room = await make_room()
    token = await make_pass(room)
    assert (await asked(token, "/reach/")).status_code == 503
    worker(clean_redis, "a", 0.1)
    worker(clean_redis, "b", 0.9)
    assert json.loads((await asked(token, "/reach/")).content) == {
        "addresses": ["192.0.2.1:40000"],
        "ufrag": "a",
        "pwd": "secret",
    }
    # The call is at the other one.
    clean_redis.set(wire.room_key(room.slug), "7 b")
    assert json.loads((await asked(token, "/reach/")).content)["ufrag"] == "b"


def worker(redis: Any, name: str, load: float) -> None:
    report = {"worker": name, "load": load, "rooms": 0, "people": 0, "draining": False}
    way = {"addresses": ["192.0.2.1:40000"], "reach": [name, "secret"]}
    redis.sadd(wire.WORKERS_KEY, name)
    redis.set(wire.worker_key(name), json.dumps(report | way))


async def test_who_asks_again_and_again_has_to_wait(clean_redis: Any) -> None:
    worker(clean_redis, "a", 0.1)
    room = await make_room()
    token = await make_pass(room)
    codes = [(await asked(token, "/reach/")).status_code for _ in range(14)]
    assert (codes[0], codes[-1]) == (200, 429)
