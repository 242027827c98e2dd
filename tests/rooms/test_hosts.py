"""Whether a host is in the call, by the worker's report and the record of who came in."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from rooms.entry.hosts import host_in, host_in_now
from rooms.models import Invite, Room
from rooms.roles import Role
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import join, make_room

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


@pytest.mark.parametrize(
    ("role", "host"),
    [(Role.OWNER, True), (Role.MODERATOR, True), (Role.SPEAKER, False), (Role.LISTENER, False)],
)
async def test_owners_and_moderators_are_hosts_while_they_are_in_the_call(
    role: Role, host: bool
) -> None:
    room = await make_room()
    assert not await host_in(room.slug)
    async with FakeWorker() as worker:
        browser, _ = await join(room, role=role)
        await worker.live()
        assert await host_in(room.slug) is host
        assert await sync_to_async(host_in_now)(room.slug) is host
        if host:
            await Invite.objects.aupdate(role=Role.SPEAKER)
            assert not await host_in(room.slug), "their role was lowered"
        worker.channels[room.slug].clear()
        await worker.live()
        assert not await host_in(room.slug)
        await browser.gone()


@pytest.mark.usefixtures("without_redis")
def test_without_redis_nobody_is_said_to_be_in(room: Room) -> None:
    assert not host_in_now(room.slug)
    assert not async_to_sync(host_in)(room.slug)
