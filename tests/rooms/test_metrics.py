"""The numbers for Prometheus, in the view and in the text format."""

from __future__ import annotations

import asyncio
import re
from dataclasses import fields, replace
from typing import Any

import pytest
from django.test import AsyncClient

from rooms.models import Room
from rooms.workers import exposition, sfu
from rooms.workers.numbers import Overview, RoomNow, WorkerNow
from sfu_worker.numbers import Counts, Datagrams, Links
from tests.rooms.numbers import ROOM, publish

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "an-operators-token-0123456789"


@pytest.fixture
def room(db: None) -> Room:
    return Room.objects.create(slug="garden", title="Garden <b>party</b>")


SAMPLE = re.compile(
    r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)'
)


def parse(text: str) -> dict[str, tuple[str, list[tuple[dict[str, str], float]]]]:
    """Kind and samples by name.
    Strict: HELP, then TYPE, then the samples of that name, and nothing else.
    """
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
    publish(clean_redis, busy=True)
    text = (await fetch(authorization=f"Bearer {TOKEN}")).content.decode()
    found = parse(text)
    where = {"room": str(room.pk), "worker": "w1"}
    assert found["confcall_room_people"] == ("gauge", [(where, 5.0)])
    assert found["confcall_room_octets_in_total"] == ("counter", [(where, 8_000_000.0)])
    assert found["confcall_room_rtt_max_seconds"] == ("gauge", [(where, 0.035)])
    assert found["confcall_worker_load_ratio"] == ("gauge", [({"worker": "w1"}, 0.42)])
    assert found["confcall_worker_lag_max_seconds"] == ("gauge", [({"worker": "w1"}, 0.012)])
    for name, value in {
        "busy": 1.0,
        "cpu_ratio": 0.17,
        "late_ratio": 0.03,
        "wait_max_seconds": 0.008,
    }.items():
        assert found[f"confcall_worker_{name}"] == ("gauge", [({"worker": "w1"}, value)])
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


def test_strange_names_are_escaped_and_unknown_values_left_out() -> None:
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
