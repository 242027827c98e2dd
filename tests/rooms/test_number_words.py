"""Numbers in words, in the admin and in the terminal: one set of numbers in a real Redis."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client

from rooms.models import Room
from rooms.workers import units
from rooms.workers.number_words import (
    CPU_FULL,
    LOSS_LEFT,
    ROOM_COLUMNS,
    WORKER_COLUMNS,
    worries_of_room,
    worries_of_worker,
)
from rooms.workers.numbers import WorkerNow
from sfu_worker import wire
from sfu_worker.numbers import LATE_SECONDS, Counts, Datagrams, Links
from tests.rooms.numbers import ROOM, WORKER, publish, words

pytestmark = pytest.mark.django_db(transaction=True)

LIVE = "/admin/rooms/room/live/"


@pytest.fixture
def room(db: None) -> Room:
    return Room.objects.create(slug="garden", title="Garden <b>party</b>")


# Words


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (units.bits(850_400), "850 kbit/s"),
        (units.bits(999_700), "1.0 Mbit/s"),
        (units.bits(12_345_678), "12.3 Mbit/s"),
        (units.bits(None), "–"),
        (units.percent(0.0), "0%"),
        (units.percent(0.0042), "0.4%"),
        (units.percent(0.42), "42%"),
        (units.milliseconds(0.0123), "12 ms"),
        (units.megabytes(0), "–"),
        (units.each_second(0.3), "less than one per second"),
        (units.each_second(3.4), "3 per second"),
        (units.duration(42), "42 s"),
        (units.duration(93_600), "1 d 2 h"),
        (units.duration(7500), "2 h 5 min"),
    ],
)
def test_quantities_have_units(text: str, says: str) -> None:
    assert text.replace(units.SPACE, " ") == says


def test_a_worker_that_is_well_is_not_worried_about() -> None:
    numbers = replace(WORKER, lag_max=LATE_SECONDS - 0.01, cpu=CPU_FULL - 0.01)
    well = WorkerNow("w1", 0.9, 1, 5, False, numbers)
    assert worries_of_worker(well) == []
    assert worries_of_room(ROOM) == []


@pytest.mark.parametrize(
    ("worker", "says"),
    [
        (
            WorkerNow("w1", 0.1, 1, 5, False, replace(WORKER, cpu=CPU_FULL)),
            "nearly a whole CPU core",
        ),
        (WorkerNow("w1", 0.1, 1, 5, False, WORKER, busy=True), "newcomers go to other workers"),
        (
            WorkerNow("w1", 0.1, 1, 5, False, replace(WORKER, wait_max=0.34)),
            "up to 340\N{NO-BREAK SPACE}ms",
        ),
        (WorkerNow("w1", 0.1, 1, 5, True, WORKER), "takes no new rooms"),
        (WorkerNow("w1", 0.1, 1, 5, False, None), "reports no numbers"),
        (
            WorkerNow("w1", 0.1, 1, 5, False, replace(WORKER, lag_max=0.25)),
            "up to 250\N{NO-BREAK SPACE}ms",
        ),
        (
            WorkerNow("w1", 0.1, 1, 5, False, replace(WORKER, last=Datagrams(overflowed=1))),
            "net.core.rmem_max",
        ),
    ],
)
def test_each_worry_about_a_worker_is_said_by_itself(worker: WorkerNow, says: str) -> None:
    [worry] = worries_of_worker(worker)
    assert says in worry
    assert all(column.text(worker) for column in WORKER_COLUMNS)


def test_each_worry_about_links_is_reported() -> None:
    lossy = replace(
        ROOM, last=Counts(packets_in=95, lost_in=9, given_up_in=5), links=Links(), paused=2
    )
    assert lossy.loss_left > LOSS_LEFT
    assert [worry.split()[0] for worry in worries_of_room(lossy)] == ["5.0%", "2"]
    assert all(column.text(lossy) for column in ROOM_COLUMNS)


# The admin


def test_strangers_and_staff_without_the_permission_do_not_see_it(
    client: Client, clean_redis: Any, room: Room
) -> None:
    publish(clean_redis)
    for address in (LIVE, f"{LIVE}?part=1"):
        assert client.get(address)["Location"].startswith("/admin/login/")
    helper = get_user_model().objects.create_user("helper", password="x", is_staff=True)
    client.force_login(helper)
    for address in (LIVE, f"{LIVE}?part=1"):
        page = client.get(address)
        assert page.status_code == 403
        assert "w1" not in words(page)
    assert LIVE not in words(client.get("/admin/"))
    helper.user_permissions.add(Permission.objects.get(codename="view_room"))
    page = client.get(LIVE)
    assert (page.status_code, "w1" in words(page)) == (200, True)
    assert f'href="{LIVE}"' in words(client.get("/admin/"))


def test_an_owner_sees_workers_and_rooms_in_words(
    owner: Client, clean_redis: Any, room: Room
) -> None:
    publish(clean_redis)
    for address in (LIVE, f"{LIVE}?part=1"):
        text = words(owner.get(address))
        for said in (
            "w1",
            "42%",
            "17%",
            "3.0%",
            "longest 12 ms, average 1 ms",
            "118 MB",
            "1 d 2 h",
            "0.1.0",
        ):
            assert said in text
        for said in (
            "5 (1 stream, 12 viewers)",
            "4.2 Mbit/s, 800 packets/s",
            "1.0%, 0% after repair",
            "lowest 1.8 Mbit/s, median",
        ):
            assert said in text
        assert (
            f'<a href="/admin/rooms/room/{room.pk}/change/">Garden &lt;b&gt;party&lt;/b&gt;</a>'
            in text
        )
        assert "dead" not in text
        assert 'class="worry"' not in text
    assert '<script type="module" src="/static/rooms/ui/admin/live.js"></script>' in words(
        owner.get(LIVE)
    )
    part = owner.get(f"{LIVE}?part=1")
    assert "no-store" in part["Cache-Control"]
    assert "<script" not in words(part)
    publish(clean_redis, load=0.97, busy=True)
    text = words(owner.get(LIVE))
    assert "97%, busy" in text
    assert "newcomers go to other workers" in text


def test_the_page_says_when_there_are_no_workers_and_no_calls(
    owner: Client, clean_redis: Any
) -> None:
    text = words(owner.get(LIVE))
    assert "No media worker is running" in text
    assert "No one is in a call." in text


def test_numbers_of_another_version_are_left_out_and_break_nothing(
    owner: Client, clean_redis: Any, room: Room
) -> None:
    publish(clean_redis)
    clean_redis.set(wire.worker_numbers_key("w1"), '{"later": 1}')
    assert "reports no numbers" in words(owner.get(LIVE))
    publish(clean_redis)
    clean_redis.set(wire.room_numbers_key("garden"), '{"later": 1}')
    assert "No one is in a call." in words(owner.get(LIVE))


@pytest.mark.usefixtures("without_redis")
def test_the_pages_are_there_without_redis_and_say_so(owner: Client, room: Room) -> None:
    page = owner.get(LIVE)
    assert page.status_code == 200
    assert "Redis does not answer" in words(page)
    page = owner.get(f"/admin/rooms/room/{room.pk}/change/")
    assert (page.status_code, "Unknown, because Redis does not answer." in words(page)) == (
        200,
        True,
    )


def test_a_rooms_page_says_what_goes_on_in_it(owner: Client, clean_redis: Any, room: Room) -> None:
    address = f"/admin/rooms/room/{room.pk}/change/"
    assert "No one is in the call." in words(owner.get(address))
    publish(clean_redis)
    assert "5 (1 stream, 12 viewers)" in words(owner.get(address))
    assert "Right now" not in words(owner.get("/admin/rooms/room/add/"))


# The terminal


def said(*args: str) -> str:
    out = io.StringIO()
    call_command("workers", *args, stdout=out)
    return out.getvalue().replace(units.SPACE, " ")


def test_the_terminal_shows_the_same(clean_redis: Any, room: Room) -> None:
    publish(clean_redis, load=0.97, busy=True)
    text = said()
    assert re.search(r"^Worker +Load +CPU +Lag +Late packets +Rooms", text, re.M)
    assert re.search(r"^w1 +97%, busy +17% +longest 12 ms, average 1 ms +3.0% +1 +5 ", text, re.M)
    assert "! w1: This worker is busy" in text
    assert "Garden <b>party</b> (on w1)" in text
    assert re.search(r"^  In +4.2 Mbit/s, 800 packets/s$", text, re.M)


def test_programs_get_all_numbers_and_no_slug(clean_redis: Any, room: Room) -> None:
    publish(clean_redis)
    text = said("--json")
    body = json.loads(text)
    assert body["workers"][0]["numbers"]["lag_max"] == 0.012
    assert (body["rooms"][0]["room"], body["rooms"][0]["numbers"]["links"]["smallest"]) == (
        room.pk,
        1_800_000,
    )
    assert "garden" not in text


def test_no_worker_is_a_failure_that_says_what_to_do(clean_redis: Any) -> None:
    with pytest.raises(CommandError, match="No media worker is running"):
        said()


@pytest.mark.usefixtures("without_redis")
def test_no_redis_is_a_failure_that_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="REDIS_URL"):
        said()
