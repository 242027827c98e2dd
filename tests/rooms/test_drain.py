"""Draining a worker by ``manage.py drain``, and by a button in the admin."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client

from sfu_worker import wire
from tests.rooms.support import PATIENCE


def said(*args: Any) -> str:
    out = io.StringIO()
    call_command("drain", *args, stdout=out)
    return out.getvalue()


def report(client: Any, name: str, **facts: Any) -> None:
    """A worker as it reports itself."""
    body = {"worker": name, "beat": 1, "load": 0.1, "rooms": 2, "people": 3, **facts}
    client.set(wire.worker_key(name), json.dumps(body))
    client.sadd(wire.WORKERS_KEY, name)


def told(name: str) -> Any:
    """What a worker is told."""
    message = async_to_sync(get_channel_layer().receive)(wire.worker_channel(name))
    return wire.unseal(message)[0]


def when_told(name: str, then: Callable[[], Any]) -> threading.Thread:
    """Play a worker that drains."""

    def play() -> None:
        assert told(name) == wire.Drain()
        then()

    thread = threading.Thread(target=play)
    thread.start()
    return thread


def test_a_drained_worker_is_waited_for_until_it_has_ended(clean_redis: Any) -> None:
    report(clean_redis, "w1")
    report(clean_redis, "w2")
    tombstone = json.dumps({"worker": "w1", "dead": True})
    thread = when_told("w1", lambda: clean_redis.set(wire.worker_key("w1"), tombstone))
    assert said("w1") == (
        "w1: 3 people in 2 rooms; it ends when nobody is left on it\nw1: has ended\n"
    )
    thread.join(PATIENCE)


def test_several_workers_are_drained_one_after_the_other(clean_redis: Any) -> None:
    report(clean_redis, "w1")
    report(clean_redis, "w2", people=1, rooms=1)

    def restart() -> None:
        clean_redis.delete(wire.worker_key("w1"))
        report(clean_redis, "w3")
        assert told("w2") == wire.Drain()
        clean_redis.delete(wire.worker_key("w2"))

    thread = when_told("w1", restart)
    text = said("w1", "w2")
    assert text.index("w1: has ended") < text.index("w2: 1 person in 1 room; it")
    assert text.endswith("w2: has ended\n")
    thread.join(PATIENCE)


@pytest.mark.parametrize("other", [None, {"draining": True}, {"busy": True}])
def test_nobody_is_cut_off_unless_that_is_wanted(clean_redis: Any, other: Any) -> None:
    report(clean_redis, "w1")
    if other:
        report(clean_redis, "w2", **other)
    with pytest.raises(CommandError, match="No other worker can take the people on w1"):
        said("w1", "--limit", "0")
    thread = when_told("w1", lambda: clean_redis.delete(wire.worker_key("w1")))
    assert "has ended" in said("w1", "--anyway")
    thread.join(PATIENCE)


def test_a_worker_that_does_not_end_is_not_waited_for_for_ever(clean_redis: Any) -> None:
    report(clean_redis, "w1")
    report(clean_redis, "w2")
    with pytest.raises(CommandError, match="w1 still runs after 0 s: 3 people in 2 rooms"):
        said("w1", "--limit", "0")
    assert told("w1") == wire.Drain()


def test_without_a_name_the_workers_are_listed(clean_redis: Any) -> None:
    report(clean_redis, "w1")
    report(clean_redis, "w2", draining=True, people=1, rooms=1)
    report(clean_redis, "w3", dead=True)
    assert said() == "w1: 3 people in 2 rooms\nw2: 1 person in 1 room, draining\n"


def test_an_unknown_worker_is_named_with_those_that_are_there(clean_redis: Any) -> None:
    report(clean_redis, "w1")
    with pytest.raises(CommandError, match=r"no worker named w7\. The workers are: w1\."):
        said("w1", "w7")


def test_no_worker_at_all_is_a_failure(clean_redis: Any) -> None:
    with pytest.raises(CommandError, match="No media worker is running"):
        said("w1")


@pytest.mark.usefixtures("without_redis")
def test_no_redis_is_a_failure_that_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="REDIS_URL"):
        said("w1")


# The admin

LIVE = "/admin/rooms/room/live/"
DRAIN = f"{LIVE}drain/?worker=w1"


@pytest.mark.django_db
def test_an_owner_drains_a_worker_by_a_button_that_asks_first(
    owner: Client, clean_redis: Any
) -> None:
    report(clean_redis, "w1")
    assert f'href="{DRAIN}"' in owner.get(f"{LIVE}?part=1").content.decode()
    page = owner.get(DRAIN).content.decode()
    assert "No other worker can take its people" in page
    assert "Drain anyway" in page
    report(clean_redis, "w2")
    page = owner.get(DRAIN).content.decode()
    assert "move to other workers" in page
    assert "People on it now: 3. Rooms: 2." in page
    page = owner.post(DRAIN, follow=True).content.decode()
    assert "Worker w1 lets its people move to other workers, then it ends." in page
    assert told("w1") == wire.Drain()
    report(clean_redis, "w1", draining=True)
    assert DRAIN not in owner.get(f"{LIVE}?part=1").content.decode()
    gone = owner.get(f"{LIVE}drain/?worker=w7", follow=True)
    assert gone.redirect_chain == [(LIVE, 302)]
    assert "This worker has ended." in gone.content.decode()


@pytest.mark.django_db
def test_draining_needs_the_permission_and_the_form(client: Client, clean_redis: Any) -> None:
    report(clean_redis, "w1")
    assert client.post(DRAIN)["Location"].startswith("/admin/login/")
    helper = get_user_model().objects.create_user("helper", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_room"))
    client.force_login(helper)
    assert DRAIN not in client.get(LIVE).content.decode()
    assert client.post(DRAIN).status_code == 403
    helper.user_permissions.add(Permission.objects.get(codename="change_room"))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(helper)
    assert strict.post(DRAIN).status_code == 403
    assert strict.get(DRAIN).status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("without_redis")
def test_the_button_says_when_redis_is_away(owner: Client) -> None:
    assert "no worker can be told anything" in owner.get(DRAIN, follow=True).content.decode()
