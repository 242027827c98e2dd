from __future__ import annotations

from typing import Any

import pytest
from django.test import AsyncClient

from rooms.entry import admission, passes, throttle
from rooms.entry.access import Refusal
from rooms.entry.passes import Pass
from rooms.models import Admission, Arrival, Invite, Room
from rooms.roles import Role, VisitorPolicy
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import join, make_invite, make_room

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]

SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"


@pytest.fixture
def client() -> AsyncClient:
    # As behind a proxy with CSRF checks: an encoder has no cookie and must not need one.
    return AsyncClient(enforce_csrf_checks=True)


async def post(
    client: AsyncClient,
    path: str,
    token: str | None = None,
    body: Any = SDP,
    type_: str = "application/sdp",
) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return await client.post(path, data=body, content_type=type_, headers=headers)


async def test_an_encoder_publishes_and_ends_with_the_same_token(client: AsyncClient) -> None:
    room = await make_room(max_people=9)
    invite = await make_invite(room, label="Camera 1")
    async with FakeWorker() as worker:
        response = await post(client, "/whip/garden", invite.token)
        join = await worker.heard(wire.Join)
        assert (join.room, join.name, join.kind, join.publish, join.max_people) == (
            "garden",
            "Camera 1",
            "whip",
            True,
            9,
        )
        offer = await worker.heard(wire.Offer)
        assert (offer.participant, offer.sdp, offer.tracks) == (join.participant, SDP, {})
        assert response.status_code == 201
        assert response["Content-Type"] == "application/sdp"
        assert response.content == b"v=0\r\nanswer"
        assert response["ETag"] == '"first"'
        location = response["Location"]
        assert location.startswith("/whip/garden/")
        ended = await client.delete(location, headers={"Authorization": f"Bearer {invite.token}"})
        assert ended.status_code == 200
        leave = await worker.heard(wire.Leave)
        assert (leave.room, leave.participant) == ("garden", join.participant)


async def test_the_worker_knows_which_sessions_are_of_one_key(client: AsyncClient) -> None:
    room = await make_room()
    camera, other = await make_invite(room), await make_invite(room)
    async with FakeWorker() as worker:
        owners = []
        for invite in (camera, camera, other):
            await post(client, "/whip/garden", invite.token)
            owners.append((await worker.heard(wire.Join)).owner)
            await worker.heard(wire.Offer)
        assert owners[0] == owners[1] != owners[2]
        assert camera.token not in owners[0]
        worker.answers[wire.Join] = [wire.Removed("replaced")]
        response = await post(client, "/whip/garden", camera.token)
        assert (response.status_code, response.content.decode()) == (
            409,
            "This stream key has started another connection in the meantime.\n",
        )


async def test_somebody_elses_stream_cannot_be_ended(client: AsyncClient) -> None:
    room = await make_room()
    mine, other = await make_invite(room), await make_invite(room)
    async with FakeWorker() as worker:
        location = (await post(client, "/whip/garden", mine.token))["Location"]
        await worker.heard(wire.Join)
        await worker.heard(wire.Offer)
        participant = location.rsplit("/", 1)[1].split(".")[0]
        for path, token, status in (
            (location, None, 401),
            (location, "unknown", 401),
            (location, other.token, 404),
            (f"/whip/garden/{participant}.0000", mine.token, 404),
            (location.replace("whip", "whep", 1), mine.token, 404),
        ):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            assert (await client.delete(path, headers=headers)).status_code == status
        assert worker.commands.empty()


async def test_a_viewer_watches_the_newest_publisher_or_a_named_one(client: AsyncClient) -> None:
    room = await make_room()
    invite = await make_invite(room, Role.LISTENER)
    async with FakeWorker() as worker:
        for path, follow in (("/whep/garden", ""), ("/whep/garden?participant=p1", "p1")):
            response = await post(client, path, invite.token)
            assert response.status_code == 201
            assert response["Location"].startswith("/whep/garden/")
            join = await worker.heard(wire.Join)
            assert (join.kind, join.follow, join.publish) == ("whep", follow, False)
            await worker.heard(wire.Offer)


async def test_a_room_that_visitors_may_enter_can_be_watched_without_a_token(
    client: AsyncClient,
) -> None:
    await make_room(visitors=VisitorPolicy.LISTEN)
    async with FakeWorker():
        assert (await post(client, "/whep/garden")).status_code == 201
        assert (await post(client, "/whip/garden")).status_code == 401


@pytest.mark.parametrize("kind", ["whip", "whep"])
async def test_an_unknown_room_and_an_unknown_token_look_alike(
    client: AsyncClient, kind: str
) -> None:
    room = await make_room()
    attic = await make_room("attic")
    invite = await make_invite(attic)
    assert room.pk != attic.pk
    for token in (None, "", "unknown", invite.token):
        known, unknown = (
            await post(client, f"/{kind}/garden", token),
            await post(client, f"/{kind}/nowhere", token),
        )
        assert known.status_code == unknown.status_code == 401
        assert known.content == unknown.content
        assert known["WWW-Authenticate"] == unknown["WWW-Authenticate"]
        assert known["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("fields", "invite", "status"),
    [
        pytest.param({}, {"role": Role.LISTENER}, 403, id="a listener may not publish"),
        pytest.param({}, {"revoked": True}, 403, id="revoked"),
        pytest.param({}, {"uses_left": 0}, 403, id="used up"),
        pytest.param({"closed": True}, {}, 409, id="closed"),
        pytest.param({"locked": True}, {}, 409, id="locked"),
        pytest.param({"opens": "2999-01-01T00:00Z"}, {}, 409, id="not open yet"),
        pytest.param({"opens_with_owner": True}, {}, 409, id="the host is away"),
    ],
)
async def test_a_caller_that_may_not_publish_is_told_so(
    client: AsyncClient, fields: Any, invite: Any, status: int
) -> None:
    token = (await make_invite(await make_room(**fields), **invite)).token
    async with FakeWorker() as worker:
        response = await post(client, "/whip/garden", token)
        assert response.status_code == status
        assert len(response.content) > 20
        assert worker.commands.empty()


async def test_an_invite_that_was_stopped_lets_no_new_stream_in(client: AsyncClient) -> None:
    room = await make_room()
    invite = await make_invite(room, stopped=True)
    assert (await post(client, "/whip/garden", invite.token)).status_code == 403


async def test_a_removed_stream_stays_out_and_whoever_has_the_invite_comes_in(
    client: AsyncClient,
) -> None:
    room = await make_room()
    invite = await make_invite(room, label="Camera 1")
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann", role=Role.OWNER)
        bob, _ = await join(
            room, "Bob", token=passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, "bob"))
        )
        for _ in range(2):
            await worker.heard(wire.Join)
        await ann.hear("room_state")
        location = (await post(client, "/whip/garden", invite.token))["Location"]
        participant = (await worker.heard(wire.Join)).participant
        await worker.heard(wire.Offer)
        arrival = await Arrival.objects.aget(participant=participant)
        assert (arrival.kind, arrival.name, arrival.role) == ("whip", "Camera 1", Role.SPEAKER)
        await ann.say(type="remove", participant=participant)
        assert await worker.heard(wire.Remove) == wire.Remove("garden", participant)

        again = await post(client, "/whip/garden", invite.token)
        assert (again.status_code, b"removed this stream" in again.content) == (403, True)
        # A real worker does not know this id any more.
        worker.answers[wire.Leave] = [wire.Refused("leave", "not_in_room")]
        gone = await client.delete(location, headers={"Authorization": f"Bearer {invite.token}"})
        assert gone.status_code == 404
        await worker.heard(wire.Leave)
        # Somebody new by the same invite.
        cleo, _ = await join(
            room, "Cleo", token=passes.issue(Pass(room.pk, Role.SPEAKER, invite.pk, "cleo"))
        )
        for browser in (ann, bob, cleo):
            await browser.gone()


@pytest.mark.parametrize("when", ["before it is written down", "before the offer is answered"])
async def test_a_stream_that_is_removed_while_it_comes_in_is_told_so(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    token = (await make_invite(await make_room())).token
    async with FakeWorker() as worker:
        if when == "before the offer is answered":
            worker.answers[wire.Offer] = [wire.Removed("removed")]
        else:
            monkeypatch.setattr(admission, "admit", lambda *_, **__: Refusal.removed)
        response = await post(client, "/whip/garden", token)
        assert (response.status_code, b"removed this stream" in response.content) == (403, True)
        participant = (await worker.heard(wire.Join)).participant
        await worker.heard(wire.Offer)
        if when == "before it is written down":
            assert await worker.heard(wire.Leave) == wire.Leave("garden", participant)


@pytest.mark.parametrize(
    ("body", "type_", "status"),
    [
        pytest.param(SDP, "text/plain", 415, id="not an offer by its type"),
        pytest.param("\r\n", "application/sdp", 400, id="empty"),
        pytest.param("hello", "application/sdp", 400, id="junk"),
        pytest.param(b"v=0\xff\xfe", "application/sdp", 400, id="not UTF-8"),
        pytest.param("v=0" + "x" * wire.MAX_SDP_BYTES, "application/sdp", 413, id="too long"),
        pytest.param(
            "v=0" + "x" * (3 * 1024 * 1024), "application/sdp", 413, id="longer than Django reads"
        ),
    ],
)
async def test_a_body_that_is_not_an_offer_is_refused(
    client: AsyncClient, body: Any, type_: str, status: int
) -> None:
    token = (await make_invite(await make_room())).token
    async with FakeWorker() as worker:
        assert (await post(client, "/whip/garden", token, body, type_)).status_code == status
        assert worker.commands.empty()


@pytest.mark.parametrize(
    ("event", "status", "leaves"),
    [
        pytest.param(
            wire.Refused("offer", "bad_sdp", "no media"),
            400,
            True,
            id="an offer that it cannot answer",
        ),
        pytest.param(wire.Refused("join", "room_full"), 503, True, id="a full room"),
        pytest.param(wire.Refused("offer", "forbidden"), 403, True, id="not allowed"),
        pytest.param(wire.Refused("offer", "busy"), 503, True, id="busy"),
        pytest.param(wire.Removed("closed"), 409, False, id="closed meanwhile"),
    ],
)
async def test_the_workers_refusals_have_a_status_and_leave_nobody_behind(
    client: AsyncClient, event: wire.Event, status: int, leaves: bool
) -> None:
    token = (await make_invite(await make_room(), uses_left=1)).token
    async with FakeWorker() as worker:
        worker.answers[wire.Offer] = [event]
        response = await post(client, "/whip/garden", token)
        assert response.status_code == status
        assert ("Retry-After" in response) == (status == 503)
        join = await worker.heard(wire.Join)
        await worker.heard(wire.Offer)
        if leaves:
            assert await worker.heard(wire.Leave) == wire.Leave("garden", join.participant)
    assert ((await Invite.objects.aget()).uses_left, await Arrival.objects.acount()) == (1, 0)


async def test_without_a_worker_the_encoder_is_told_to_come_back(client: AsyncClient) -> None:
    token = (await make_invite(await make_room(), uses_left=1)).token
    nobody = await post(client, "/whip/garden", token)
    async with FakeWorker(busy=True):
        busy = await post(client, "/whip/garden", token)
    for response, says in ((nobody, "available"), (busy, "busy")):
        assert (response.status_code, says in response.content.decode()) == (503, True)
        assert int(response["Retry-After"]) > 0
    assert (await Invite.objects.aget()).uses_left == 1


async def test_an_encoder_that_starts_again_uses_its_invite_once(client: AsyncClient) -> None:
    invite = await make_invite(await make_room(), uses_left=1)
    async with FakeWorker():
        for _ in range(3):
            assert (await post(client, "/whip/garden", invite.token)).status_code == 201
    assert (await Invite.objects.aget()).uses_left == 0
    assert await Admission.objects.acount() == 1


async def test_other_sites_may_ask_what_they_may_do(client: AsyncClient) -> None:
    response = await client.options("/whip/garden")
    assert response.status_code == 200
    assert response["Accept-Post"] == "application/sdp"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert names(response, "Access-Control-Allow-Headers") >= {
        "Authorization",
        "Content-Type",
        "If-Match",
        "ETag",
    }
    assert names(response, "Access-Control-Allow-Methods") >= {"POST", "PATCH", "DELETE"}
    assert "Access-Control-Allow-Credentials" not in response


def names(response: Any, header: str) -> set[str]:
    return {name.strip() for name in response[header].split(",")}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("OPTIONS", "/whip/garden", 200),
        ("GET", "/whip/garden", 405),
        ("POST", "/whip/garden", 401),
        ("GET", "/whep/garden/x.y", 405),
        ("DELETE", "/whip/garden/x.y", 401),
        ("POST", "/whip/Garden/what/is/this", 404),
        ("POST", "/whep", 404),
        ("OPTIONS", "/whip/what/is/this/", 200),
    ],
)
async def test_other_sites_may_read_every_answer(
    client: AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.generic(method, path)
    assert response.status_code == status
    assert response["Access-Control-Allow-Origin"] == "*"
    assert names(response, "Access-Control-Expose-Headers") >= {
        "Location",
        "ETag",
        "Link",
        "Accept-Post",
        "Accept-Patch",
        "WWW-Authenticate",
        "Retry-After",
        "Access-Control-Allow-Methods",
    }
    assert status != 405 or "OPTIONS" in names(response, "Allow")


async def test_other_sites_may_read_what_is_too_long_too_often_and_too_much(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite = await make_invite(await make_room())
    statuses = [(await post(client, "/whip/garden", invite.token, "v=0" * 99_999))]
    statuses += [await post(client, "/whip/garden", invite.token)]
    monkeypatch.setitem(throttle.LIMITS, ("whip", "POST"), throttle.Limit(0.1, 1))
    statuses += [await post(client, "/whip/garden", invite.token) for _ in range(2)]
    assert [one.status_code for one in statuses[:2]] == [413, 503]
    assert statuses[-1].status_code == 429
    assert {one["Access-Control-Allow-Origin"] for one in statuses} == {"*"}


async def test_no_other_address_is_open_to_other_sites(client: AsyncClient) -> None:
    for path in ("/", "/health/", "/admin/login/", "/whipped/"):
        assert "Access-Control-Allow-Origin" not in await client.get(path)


async def test_the_answer_names_the_relays(client: AsyncClient, settings: Any) -> None:
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example.org:3478"], "s" * 32
    settings.STUN_URLS = ["stun:stun.example.org"]
    invite = await make_invite(await make_room())
    async with FakeWorker():
        link = (await post(client, "/whip/garden", invite.token))["Link"]
    assert '<stun:stun.example.org>; rel="ice-server"' in link
    assert '<turn:turn.example.org:3478>; rel="ice-server"; username="' in link
    assert 'credential-type="password"' in link


async def test_the_relays_are_named_before_the_offer_to_those_who_may_make_one(
    client: AsyncClient, settings: Any
) -> None:
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example.org:3478"], "s" * 32
    settings.STUN_URLS = ["stun:stun.example.org"]
    invite = await make_invite(await make_room())
    token = {"Authorization": f"Bearer {invite.token}"}
    assert "turn:" in (await client.options("/whip/garden", headers=token))["Link"]
    for headers in ({}, {"Authorization": "Bearer guess"}):
        link = (await client.options("/whip/garden", headers=headers))["Link"]
        assert link == '<stun:stun.example.org>; rel="ice-server"'


async def test_the_rooms_own_name_for_a_stream_without_a_label(client: AsyncClient) -> None:
    invite = await make_invite(await make_room())
    async with FakeWorker() as worker:
        await post(client, "/whip/garden", invite.token)
        assert (await worker.heard(wire.Join)).name == "Stream"
    assert await Room.objects.acount() == 1
