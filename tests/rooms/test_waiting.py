"""A room that opens with its host: guests wait, and the host hears of it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rooms import database
from rooms.entry import hosts, knocking
from rooms.models import Admission, Invite, Room
from rooms.roles import Role, VisitorPolicy
from rooms.views import waiting
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.mail_server import mail_server
from tests.rooms.support import PATIENCE, Browser, join, make_invite, make_pass, make_room

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]

PERSON = {"Sec-Fetch-Mode": "navigate"}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    waiting._kept.clear()
    yield
    waiting._kept.clear()


async def office(**fields: Any) -> Room:
    room: Room = await make_room("office", title="The office", opens_with_owner=True, **fields)
    return room


async def asks(page: Any) -> str:
    """Where the page's script asks."""
    found = re.search(r'data-ask="([^"]+)"', page.content.decode())
    assert found
    waiting._kept.clear()
    return found[1]


async def test_guests_wait_until_a_host_is_in_and_stay_when_the_host_leaves() -> None:
    room = await office()
    guest, client = await make_invite(room), AsyncClient()
    async with FakeWorker() as worker:
        page = await client.get(guest.get_absolute_url(), headers=PERSON)
        text = page.content.decode()
        assert page.status_code == 403
        assert "<h1>The office</h1>" in text
        assert "You are waiting" in text
        assert "pass-office" not in page.cookies
        address = await asks(page)
        assert (await client.get(address)).json() == {"wait": True}
        early = Browser("/ws/call/office/")
        assert await early.connect()
        token = await make_pass(room, person="eve")
        await early.say(**{"type": "join", "pass": token, "name": "Eve", "resume": None})
        await early.refused("refused:host_away", 4403)
        assert not await Admission.objects.aexists(), "waiting uses no invite"
        host, _ = await join(room, "Host", role=Role.MODERATOR)
        await worker.live()
        waiting._kept.clear()
        assert (await client.get(address)).json() == {"wait": False}
        assert (await client.get(guest.get_absolute_url(), headers=PERSON)).status_code == 200
        ann, welcome = await join(room, "Ann")
        await host.gone()
        worker.channels["office"] = {welcome["participant"]: "x"}
        await worker.live()
        page = await client.get(guest.get_absolute_url(), headers=PERSON)
        assert page.status_code == 403, "another guest waits again"
        # Ann is still in, comes back after a lost connection, and renews her pass.
        await ann.hear("room_state")
        await ann.say(type="renew")
        renewed = await ann.hear("pass")
        again = Browser("/ws/call/office/")
        assert await again.connect()
        back = {"type": "join", "pass": renewed["pass"], "name": "Ann"}
        await again.say(**back, resume=renewed["resume"])
        await again.hear("welcome")
        await ann.gone()
        await again.gone()


async def test_moderators_and_the_owner_need_no_host() -> None:
    room, client = await office(), AsyncClient()
    for role, status in ((Role.OWNER, 200), (Role.MODERATOR, 200), (Role.LISTENER, 403)):
        invite = await make_invite(room, role)
        page = await client.get(invite.get_absolute_url(), headers=PERSON)
        assert page.status_code == status, role
        client.cookies.clear()


async def test_a_stranger_learns_nothing_of_a_private_room_and_a_visitor_waits() -> None:
    room, client = await office(), AsyncClient()
    absent = await client.get("/r/absent/", headers=PERSON)
    private = await client.get("/r/office/", headers=PERSON)
    assert (private.status_code, private.content) == (404, absent.content)
    await Room.objects.aupdate(visitors=VisitorPolicy.LISTEN)
    visited = await client.get("/r/office/", headers=PERSON)
    assert (visited.status_code, "You are waiting" in visited.content.decode()) == (403, True)
    bad = await client.get("/waiting/office:x:y/")
    assert bad.status_code == 404
    address = await asks(visited)
    await Room.objects.filter(pk=room.pk).aupdate(opens_with_owner=False)
    assert (await client.get(address)).json() == {"wait": False}
    assert (await client.put(address)).status_code == 405


@pytest.mark.parametrize(
    "change",
    [{"closed": True}, {"closes": timedelta(0)}, {"opens": timedelta(hours=1)}, None],
    ids=["closed", "its time is up", "opens later", "deleted"],
)
async def test_nobody_waits_or_knocks_at_a_room_that_is_not_open(change: dict[str, Any]) -> None:
    room, client = await office(), AsyncClient()
    guest = await make_invite(room)
    address = await asks(await client.get(guest.get_absolute_url(), headers=PERSON))
    if change is None:
        await Room.objects.all().adelete()
    else:
        now = timezone.now()
        values = {k: now + v if isinstance(v, timedelta) else v for k, v in change.items()}
        await Room.objects.aupdate(**values)
    assert (await client.post(address)).json() == {"wait": False}


def test_a_crowd_that_waits_costs_no_query_each(client: Client) -> None:
    room = Room.objects.create(slug="office", title="The office", opens_with_owner=True)
    invite: Invite = room.invites.create()
    page = client.get(invite.get_absolute_url(), headers=PERSON)
    found = re.search(r'data-ask="([^"]+)"', page.content.decode())
    assert found
    waiting._kept["office"] = waiting.Kept(True, time.monotonic() + 60)
    with CaptureQueriesContext(connection) as queries:
        answers = [client.get(found[1]) for _ in range(20)]
    assert [answer.json() for answer in answers] == [{"wait": True}] * 20
    assert len(queries) == 0
    assert not any(answer.cookies for answer in answers)


async def test_a_busy_database_is_said_to_pages_that_wait_and_to_streams(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    room, client = await office(), AsyncClient()
    invite = await make_invite(room, Role.SPEAKER)
    address = await asks(await client.get(invite.get_absolute_url(), headers=PERSON))

    async def busy(*_args: Any) -> None:
        raise database.Busy("it is slow")

    async def people(_slug: str) -> list[str]:
        return ["somebody"]

    monkeypatch.setattr(database, "run", busy)
    monkeypatch.setattr(hosts, "_people", people)
    offer: dict[str, Any] = {"data": "v=0", "content_type": "application/sdp"}
    bearer = {"authorization": f"Bearer {invite.token}"}
    for answer in (
        await client.get(address),
        await client.post("/whip/office", **offer, headers=bearer),
    ):
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "busy" in answer.content.decode()
    assert "Traceback" not in caplog.text


# Knocking


@pytest.fixture
def hosts_mail(settings: Any) -> Room:
    settings.EMAIL_HOST = "mail.example.org"
    owners: Any = get_user_model().objects
    owners.create_superuser("ann", email="ann@example.org")
    owners.create_superuser("ben", email="ben@example.org")
    owners.create_superuser("no-address")
    owners.create_user("no-owner", email="eve@example.org")
    return Room.objects.create(
        slug="office", title="The office", opens_with_owner=True, knock_email=True
    )


def sent() -> None:
    for thread in threading.enumerate():
        if thread.name == "knock":
            thread.join(PATIENCE)


def test_owners_with_an_address_hear_once_in_five_minutes(hosts_mail: Room) -> None:
    now = timezone.now()
    assert knocking.knock("office", now)
    assert not knocking.knock("office", now + timedelta(minutes=4, seconds=59))
    sent()
    assert sorted(message.to[0] for message in mail.outbox) == [
        "ann@example.org",
        "ben@example.org",
    ]
    [message] = [message for message in mail.outbox if message.to == ["ann@example.org"]]
    assert message.subject == "Someone is waiting in “The office”"
    assert "http://127.0.0.1:8000/admin/rooms/room/" in str(message.body)
    assert knocking.knock("office", now + timedelta(minutes=5))
    back = now - timedelta(seconds=1)
    assert knocking.knock("office", back), "this server's clock was put back"


def test_of_a_crowd_that_comes_at_once_one_knocks(hosts_mail: Room) -> None:
    now = timezone.now()
    # They come to the database in another order than that in which they asked.
    order = [now + timedelta(milliseconds=10 * n) for n in (3, 2, 4, 1, 0)]
    assert [knocking.knock("office", at) for at in order] == [True, False, False, False, False]


def test_the_link_in_the_message_asks_for_the_password_and_leads_to_the_room(
    hosts_mail: Room, client: Client
) -> None:
    knocking.knock("office", timezone.now())
    sent()
    found = re.search(r"http://127.0.0.1:8000(/\S+/enter/)", str(mail.outbox[0].body))
    assert found
    assert client.get(found[1])["Location"] == f"/admin/login/?next={found[1]}"
    client.force_login(get_user_model().objects.get(username="ann"))
    assert client.get(found[1])["Location"] == "/r/office/"


@pytest.mark.parametrize(
    "less",
    [{"EMAIL_HOST": ""}, {"knock_email": False}, {"email": ""}],
    ids=["no mail server", "not wanted", "no owner has an address"],
)
def test_nothing_is_sent_if_something_is_missing(
    hosts_mail: Room, settings: Any, less: dict[str, Any]
) -> None:
    settings.EMAIL_HOST = less.get("EMAIL_HOST", settings.EMAIL_HOST)
    Room.objects.update(knock_email=less.get("knock_email", True))
    if "email" in less:
        get_user_model().objects.update(email="")
    assert not knocking.knock("office", timezone.now())
    assert Room.objects.get().knocked is None


async def test_only_the_page_of_a_person_who_waits_knocks(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    room = await office(knock_email=True)
    owner = get_user_model().objects.create_superuser
    await sync_to_async(owner)("ann", email="ann@example.org")
    invite, client = await make_invite(room), AsyncClient()
    await client.get(invite.get_absolute_url(), headers={"User-Agent": "Slackbot 1.0"})
    page = await client.get(invite.get_absolute_url(), headers=PERSON)
    address = await asks(page)
    await client.get(address)
    await room.arefresh_from_db()
    assert room.knocked is None
    assert (await client.post(address)).json() == {"wait": True}
    await sync_to_async(sent)()
    assert len(mail.outbox) == 1
    await room.arefresh_from_db()
    assert room.knocked is not None


def test_a_mail_server_gets_a_real_message(hosts_mail: Room, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    with mail_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        knocking.knock("office", timezone.now())
        sent()
    assert {str(message["To"]) for message in server.mails} == {
        "ann@example.org",
        "ben@example.org",
    }
    assert server.mails[0]["Subject"] == "Someone is waiting in “The office”"


def test_a_mail_server_that_says_nothing_delays_no_one_and_is_one_line_in_the_log(
    hosts_mail: Room, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with mail_server(silent=True) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        now = timezone.now()
        sending = [knocking.knock("office", now + n * knocking.PAUSE) for n in range(6)]
        assert server.arrived.wait(PATIENCE)
        # None of them has ended, or this would not be reached before the server's end.
        assert sending == [True] * 4 + [False] * 2
        assert [record.message for record in caplog.records if "dropped" in record.message]
    sent()
    assert len([r for r in caplog.records if "an owner was not told" in r.message]) == 4
