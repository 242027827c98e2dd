"""A caller that asks too often is told when to come back; no real one ever is."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import AsyncClient

from rooms.entry import throttle
from rooms.entry.throttle import LIMITS, Limit
from rooms.models import Invite
from rooms.roles import Role, VisitorPolicy
from rooms.workers import sfu
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import make_invite, make_room, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]

# One more in a quarter of an hour: no test takes that long.
SLOW = Limit(0.001, 2)


@pytest.fixture
def client() -> AsyncClient:
    return AsyncClient()


def held_by(invite: Invite | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {invite.token}"} if invite else {}


async def post(client: AsyncClient, kind: str, invite: Invite | None, slug: str = "garden") -> Any:
    return await client.post(
        f"/{kind}/{slug}", "v=0\r\n", content_type="application/sdp", headers=held_by(invite)
    )


async def patch(client: AsyncClient, location: str, invite: Invite) -> Any:
    headers = held_by(invite) | {"If-Match": "*"}
    type_ = "application/trickle-ice-sdpfrag"
    return await client.patch(
        location, "a=end-of-candidates\r\n", content_type=type_, headers=headers
    )


@pytest.mark.parametrize("kind", ["whip", "whep"])
async def test_too_many_offers_of_one_invite_are_held_back_and_nobody_elses(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setitem(LIMITS, (kind, "POST"), SLOW)
    room = await make_room()
    mine, other = await make_invite(room), await make_invite(room)
    async with FakeWorker():
        assert [(await post(client, kind, mine)).status_code for _ in range(2)] == [201, 201]
        refused = await post(client, kind, mine)
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= 1000
        assert len(refused.content) > 20
        assert refused["Access-Control-Allow-Origin"] == "*"
        assert (await post(client, kind, other)).status_code == 201
        # The other direction has its own count.
        assert (await post(client, "whep" if kind == "whip" else "whip", mine)).status_code == 201


async def test_visitors_without_an_invite_are_counted_by_their_room(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, clean_redis: Any
) -> None:
    monkeypatch.setitem(LIMITS, ("whep", "POST"), SLOW)
    for slug in ("garden", "attic"):
        await make_room(slug, visitors=VisitorPolicy.LISTEN)
    async with FakeWorker():
        assert [(await post(client, "whep", None)).status_code for _ in range(3)] == [201, 201, 429]
        assert (await post(client, "whep", None, "attic")).status_code == 201
    assert not [key for key in clean_redis.keys("confcall:throttle:*") if b"127.0.0.1" in key]
    assert all(clean_redis.pttl(key) > 0 for key in clean_redis.keys("confcall:throttle:*"))


async def test_too_many_fragments_are_held_back_and_ending_the_session_is_not(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, ("whip", "PATCH"), SLOW)
    invite = await make_invite(await make_room())
    async with FakeWorker():
        location = (await post(client, "whip", invite))["Location"]
        answers = [await patch(client, location, invite) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [204, 204, 429]
        assert int(answers[-1]["Retry-After"]) > 0
        assert (await client.delete(location, headers=held_by(invite))).status_code == 200


async def test_an_encoder_that_reconnects_and_trickles_is_never_held_back(
    client: AsyncClient,
) -> None:
    invite = await make_invite(await make_room())
    async with FakeWorker():
        for _ in range(25):
            response = await post(client, "whip", invite)
            assert response.status_code == 201
        answers = [
            (await patch(client, response["Location"], invite)).status_code for _ in range(100)
        ]
        assert answers == [204] * 100


async def test_a_caller_that_was_held_back_may_go_on_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(LIMITS, ("whip", "POST"), Limit(10, 1))

    async def may() -> bool:
        return await throttle.wait_seconds("whip", "POST", "invite-1") == 0

    assert await may()
    await until(may)


async def test_without_redis_nobody_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any) -> None:
        raise sfu.Unavailable("away")

    monkeypatch.setattr(sfu, "evaluate", away)
    monkeypatch.setitem(LIMITS, ("whip", "POST"), Limit(0.001, 0))
    assert await throttle.wait_seconds("whip", "POST", "invite-1") == 0


async def test_an_audience_that_shares_an_invite_comes_in_at_once(client: AsyncClient) -> None:
    invite = await make_invite(await make_room(), Role.LISTENER)
    waits = [await throttle.wait_seconds("whep", "POST", f"invite-{invite.pk}") for _ in range(500)]
    assert set(waits) == {0}
