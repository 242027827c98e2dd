"""The keeper ends the media of people whose page cannot be told that their right has ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from rooms.entry import admission
from rooms.entry.passes import Pass
from rooms.management.commands.keeper import Keeper
from rooms.management.lost_rights import PAGE_SECONDS
from rooms.models import Ban, Room
from rooms.roles import Role
from sfu_worker import wire

pytestmark = pytest.mark.django_db

T0 = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def keeper(clean_redis: Any) -> Keeper:
    return Keeper(clean_redis, block_ms=1)


@pytest.fixture
def owner_id(django_user_model: Any) -> int:
    return int(django_user_model.objects.create_user("owner", is_staff=True).pk)


def come_in(room: Room, participant: str, invite: int | None, **fields: Any) -> None:
    pass_ = Pass(room.pk, Role.SPEAKER, invite, f"person-{participant}", **fields)
    admission.admit(pass_, participant, T0 - timedelta(hours=1), participant=participant)


def list_seats(redis: Any, *participants: str) -> None:
    """The report of the room's worker: they are in, by their media if by nothing else."""
    seats = dict.fromkeys(participants, "a page")
    report = {"epoch": "e1", "people": len(seats), "started": 1.0, "fence": 1, "channels": seats}
    redis.set(wire.live_key("garden"), json.dumps(report))
    redis.set(wire.room_key("garden"), "1 w1")
    redis.set(wire.worker_key("w1"), "{}")


@pytest.mark.parametrize(
    ("change", "ended"),
    [
        pytest.param(None, set(), id="nothing"),
        pytest.param("revoke", {"ann"}, id="invite revoked, but not the other one"),
        pytest.param("ban", {"ann"}, id="banned"),
        pytest.param("close", {"ann", "bob", "owner"}, id="room closed"),
        pytest.param("lock", set(), id="locked"),
        pytest.param("lower", set(), id="may only listen"),
        pytest.param("disable", {"owner"}, id="account disabled"),
        pytest.param("delete", {"owner"}, id="account deleted"),
    ],
)
def test_the_media_of_people_ends_with_their_right_although_no_page_asks(
    room: Room,
    keeper: Keeper,
    clean_redis: Any,
    django_user_model: Any,
    owner_id: int,
    change: str | None,
    ended: set[str],
) -> None:
    invite, other = (room.invites.create(role=Role.SPEAKER) for _ in range(2))
    come_in(room, "ann", invite.pk)
    come_in(room, "bob", invite.pk)
    come_in(room, "bob", other.pk)
    come_in(room, "owner", None, user=owner_id)
    come_in(room, "gone", invite.pk)
    if change == "revoke":
        room.invites.filter(pk=invite.pk).update(revoked=True)
    elif change == "ban":
        Ban.objects.create(room=room, person="person-ann")
    elif change == "lower":
        room.invites.update(role=Role.LISTENER)
    elif change == "disable":
        django_user_model.objects.update(is_active=False)
    elif change == "delete":
        django_user_model.objects.all().delete()
    elif change is not None:
        Room.objects.update(**{"closed" if change == "close" else "locked": True})
    assert keeper.lost_rights.end_seats(T0, 0) == []
    list_seats(clean_redis, "ann", "bob", "owner")
    # First comes the page's own web process, which says why.
    assert keeper.lost_rights.end_seats(T0, 0) == []
    assert set(keeper.lost_rights.end_seats(T0, PAGE_SECONDS)) == ended
    # It is repeated for as long as they are in.
    assert set(keeper.lost_rights.end_seats(T0, PAGE_SECONDS + 2)) == ended
    list_seats(clean_redis, "bob")
    assert set(keeper.lost_rights.end_seats(T0, PAGE_SECONDS + 4)) == ended & {"bob"}


def commands(worker: str = "w1") -> list[wire.Message]:
    """All commands that were sent to a worker, up to one that is sent now."""
    layer: Any = get_channel_layer()
    channel, last = wire.worker_channel(worker), wire.Mute("garden", "the last", "camera", False)

    async def take() -> list[wire.Message]:
        await layer.send(channel, wire.seal(last))
        found = []
        while (command := wire.unseal(await layer.receive(channel))[0]) != last:
            found.append(command)
        return found

    return async_to_sync(take)()


def test_who_may_only_listen_now_is_silenced_if_no_page_can_be_told(
    room: Room, keeper: Keeper, clean_redis: Any, owner_id: int
) -> None:
    invite, other = (room.invites.create(role=Role.SPEAKER) for _ in range(2))
    come_in(room, "ann", invite.pk)
    come_in(room, "bob", invite.pk)
    come_in(room, "bob", other.pk)
    come_in(room, "owner", None, user=owner_id)
    list_seats(clean_redis, "ann", "bob", "owner")
    assert (keeper.lost_rights.end_seats(T0, 0), commands()) == ([], [])
    room.invites.filter(pk=invite.pk).update(role=Role.LISTENER)
    # Bob may still speak by the other invite. The message is repeated: it may be lost.
    for at in (1, 60):
        assert keeper.lost_rights.end_seats(T0, at) == []
        assert commands() == [wire.Silence("garden", "ann", "listener")]
    # Ann's page is back, and its web process speaks for it.
    clean_redis.hset(wire.web_key("a page"), "a page", "1")
    assert (keeper.lost_rights.end_seats(T0, 62), commands()) == ([], [])
