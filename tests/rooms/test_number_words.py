"""Numbers in words, in the admin, in the terminal and for Prometheus: one set of numbers in a real Redis."""

from __future__ import annotations

import asyncio
import io
import json
import re
from dataclasses import fields, replace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import AsyncClient, Client

from rooms.models import Room
from rooms.workers import exposition, sfu, units
from rooms.workers.number_words import (
    BUSY,
    LATE_SECONDS,
    LOSS_LEFT,
    ROOM_COLUMNS,
    WORKER_COLUMNS,
    worries_of_room,
    worries_of_worker,
)
from rooms.workers.numbers import Overview, RoomNow, WorkerNow
from sfu_worker import numbers, wire
from sfu_worker.numbers import Counts, Datagrams, Links, RoomNumbers, WorkerNumbers

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "an-operators-token-0123456789"
LIVE = "/admin/rooms/room/live/"

ROOM = RoomNumbers(
    epoch="e",
    people=5,
    streams=1,
    viewers=12,
    audio_tracks=5,
    video_tracks=4,
    paused=0,
    links=Links(1_800_000, 6_000_000, 0.035, 0.004),
    total=Counts(packets_in=9000, octets_in=8_000_000, nacks_in=3),
    last=Counts(
        packets_in=800,
        octets_in=525_000,
        packets_out=3000,
        octets_out=2_000_000,
        lost_in=8,
        lost_out=12,
    ),
)
WORKER = WorkerNumbers(
    "w1", "0.1.0", 93_600.0, 118_000_000, 0.012, 0.001, ["garden"], Datagrams(received=7, sent=9)
)


def publish(
    client: Any,
    *,
    load: float = 0.42,
    worker: WorkerNumbers | None = WORKER,
    room: RoomNumbers | None = ROOM,
) -> None:
    """What a worker would write."""
    body = {
        "worker": "w1",
        "load": load,
        "rooms": 1,
        "people": 5,
        "draining": False,
        "addresses": [],
    }
    client.sadd(wire.WORKERS_KEY, "w1", "dead")
    client.set(wire.worker_key("w1"), json.dumps(body))
    if worker is not None:
        client.set(wire.worker_numbers_key("w1"), numbers.encode(worker))
    if room is not None:
        client.set(wire.room_numbers_key("garden"), numbers.encode(room))


@pytest.fixture
def room(db: None) -> Room:
    return Room.objects.create(slug="garden", title="Garden <b>party</b>")


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("owner", password="x"))
    return client


@pytest.fixture
def without_redis(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Redis does not answer."""
    layer = {**settings.CHANNEL_LAYERS["default"], "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]}}
    settings.CHANNEL_LAYERS = {"default": layer}
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode().replace("\N{NO-BREAK SPACE}", " "))


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
    well = WorkerNow("w1", BUSY - 0.01, 1, 5, False, replace(WORKER, lag_max=LATE_SECONDS - 0.01))
    assert worries_of_worker(well) == []
    assert worries_of_room(ROOM) == []


@pytest.mark.parametrize(
    ("worker", "says"),
    [
        (WorkerNow("w1", BUSY, 1, 5, False, WORKER), "nearly a whole CPU core"),
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


def test_what_is_wrong_with_links_is_said() -> None:
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
        for said in ("w1", "42%", "longest 12 ms, average 1 ms", "118 MB", "1 d 2 h", "0.1.0"):
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
    publish(clean_redis, load=0.97)
    assert "nearly a whole CPU core" in words(owner.get(LIVE))


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
    publish(clean_redis, load=0.97)
    text = said()
    assert re.search(r"^Worker +CPU +Lag +Rooms", text, re.M)
    assert re.search(r"^w1 +97% +longest 12 ms, average 1 ms +1 +5 ", text, re.M)
    assert "! w1: This worker uses nearly" in text
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


# Prometheus

SAMPLE = re.compile(
    r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)'
)


def parse(text: str) -> dict[str, tuple[str, list[tuple[dict[str, str], float]]]]:
    """Kind and samples by name. Strict: HELP, then TYPE, then the samples of that name, and nothing else."""
    assert text.endswith("\n")
    found: dict[str, tuple[str, list[tuple[dict[str, str], float]]]] = {}
    lines = iter(text[:-1].split("\n"))
    name = ""
    for line in lines:
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            assert name not in found
            assert len(line.split(" ", 3)) == 4
            kind = re.fullmatch(rf"# TYPE {name} (gauge|counter)", next(lines))
            assert kind, line
            assert name.endswith("_total") == (kind[1] == "counter")
            found[name] = kind[1], []
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        assert sample[1] == name
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', sample[2] or ""))
        assert labels not in [known for known, _ in found[name][1]]
        found[name][1].append((labels, float(sample[3])))
    return found


async def fetch(**headers: str) -> Any:
    return await AsyncClient().get("/metrics", headers=headers)


async def test_without_a_token_there_are_no_metrics_and_with_one_it_has_to_be_brought(
    settings: Any, clean_redis: Any
) -> None:
    assert (await fetch(authorization="Bearer ")).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for wrong in (
        "",
        "Bearer",
        "Bearer wrong",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer ü",
    ):
        response = await fetch(authorization=wrong)
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer"), wrong
        assert b"confcall_" not in response.content
    assert (await AsyncClient().get(f"/metrics?token={TOKEN}")).status_code == 401
    response = await fetch(authorization=f"bearer {TOKEN}")
    assert (response.status_code, response["Content-Type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    assert parse(response.content.decode())["confcall_workers"] == ("gauge", [({}, 0.0)])


async def test_metrics_name_rooms_by_their_id_and_nothing_else(
    settings: Any, clean_redis: Any
) -> None:
    settings.METRICS_TOKEN = TOKEN
    room = await Room.objects.acreate(slug="garden", title="Garden")
    publish(clean_redis)
    text = (await fetch(authorization=f"Bearer {TOKEN}")).content.decode()
    found = parse(text)
    where = {"room": str(room.pk), "worker": "w1"}
    assert found["confcall_room_people"] == ("gauge", [(where, 5.0)])
    assert found["confcall_room_octets_in_total"] == ("counter", [(where, 8_000_000.0)])
    assert found["confcall_room_rtt_max_seconds"] == ("gauge", [(where, 0.035)])
    assert found["confcall_worker_load_ratio"] == ("gauge", [({"worker": "w1"}, 0.42)])
    assert found["confcall_worker_lag_max_seconds"] == ("gauge", [({"worker": "w1"}, 0.012)])
    assert found["confcall_worker_info"][1] == [({"worker": "w1", "version": "0.1.0"}, 1.0)]
    assert "arden" not in text
    for cls, prefix in ((Counts, "confcall_room_"), (Datagrams, "confcall_worker_datagrams_")):
        assert {f"{prefix}{f.name}_total" for f in fields(cls)} <= set(found)


async def test_a_room_that_is_deleted_while_people_are_in_it_has_no_metrics(
    settings: Any, clean_redis: Any
) -> None:
    settings.METRICS_TOKEN = TOKEN
    publish(clean_redis)
    found = parse((await fetch(authorization=f"Bearer {TOKEN}")).content.decode())
    assert found["confcall_room_people"] == ("gauge", [])
    assert len(found["confcall_workers"][1]) == 1


async def test_metrics_are_missing_while_redis_is_away(settings: Any, without_redis: None) -> None:
    settings.METRICS_TOKEN = TOKEN
    response = await fetch(authorization=f"Bearer {TOKEN}")
    assert response.status_code == 503
    assert b"cannot be reached" in response.content


def test_strange_names_are_escaped_and_what_is_not_known_is_left_out() -> None:
    name = 'a"b\\c\nd'
    overview = Overview(
        [WorkerNow(name, 0.5, 1, 2, True, None)],
        [RoomNow("garden", name, replace(ROOM, links=Links()))],
    )
    found = parse(exposition.expose(overview, {"garden": 7}))
    assert found["confcall_worker_draining"] == ("gauge", [({"worker": 'a\\"b\\\\c\\nd'}, 1.0)])
    assert found["confcall_room_rtt_max_seconds"] == ("gauge", [])
    assert found["confcall_worker_lag_max_seconds"] == ("gauge", [])


async def test_many_readers_at_once_are_answered(clean_redis: Any) -> None:
    publish(clean_redis)
    found = await asyncio.gather(*(sfu.overview() for _ in range(20)))
    assert {len(overview.rooms) for overview in found} == {1}
