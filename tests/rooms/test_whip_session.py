"""DELETE and PATCH of WHIP and WHEP sessions, mostly at a real worker."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from rooms.entry import removal
from rooms.models import Ban, Invite
from rooms.roles import Grant, Role
from rooms.workers import sfu
from sfu_worker import wire
from sfu_worker.config import Config
from sfu_worker.light_client.hub import Hub
from sfu_worker.light_client.link import Link
from sfu_worker.net import ice
from sfu_worker.sdp import parse_answer, parse_fragment
from sfu_worker.worker import Worker
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import make_invite, make_room, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]

FRAGMENT = "application/trickle-ice-sdpfrag"
END = "a=end-of-candidates\r\n"
PWD = "p" * 24
KINDS = pytest.mark.parametrize("kind", ["whip", "whep"])


def user(ufrag: str, pwd: str = PWD) -> str:
    return f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n"


def offer(kind: str, link: Link) -> str:
    """One VP8 track, sent or received."""
    direction = "sendonly" if kind == "whip" else "recvonly"
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE v",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
    ]
    lines += [
        "c=IN IP4 0.0.0.0",
        "a=mid:v",
        f"a={direction}",
        "a=rtcp-mux",
        "a=setup:actpass",
        "a=rtpmap:96 VP8/90000",
    ]
    lines += [
        f"a=fingerprint:sha-256 {link.fingerprint}",
        f"a=ice-ufrag:{link.ufrag}",
        f"a=ice-pwd:{link.pwd}",
    ]
    return "\r\n".join(lines) + "\r\n"


class Client:
    """A WHIP or WHEP client with a real transport, and its session."""

    def __init__(self, kind: str, invite: Invite, link: Link) -> None:
        self.http = AsyncClient(enforce_csrf_checks=True)
        self.kind, self.invite, self.link = kind, invite, link
        self.location = self.etag = ""

    async def offer(self) -> Any:
        """POST an offer without connecting."""
        response = await self.http.post(
            f"/{self.kind}/garden",
            offer(self.kind, self.link),
            content_type="application/sdp",
            headers=self.headers(),
        )
        if response.status_code == 201:
            self.location, self.etag = response["Location"], response["ETag"]
        return response

    async def start(self) -> None:
        """POST an offer and connect."""
        response = await self.offer()
        assert response.status_code == 201, response.content
        answer = parse_answer(response.content.decode())
        address, port = answer.candidates[0].split()[4:6]
        await self.link.connect(answer.ufrag, answer.pwd, answer.fingerprints, (address, int(port)))

    async def patch(
        self, body: str | bytes, match: str | None = None, type_: str = FRAGMENT
    ) -> Any:
        return await self.http.patch(
            self.location, body, content_type=type_, headers=self.headers(match)
        )

    async def delete(self, match: str | None = None) -> Any:
        return await self.http.delete(self.location, headers=self.headers(match))

    def headers(self, match: str | None = None) -> dict[str, str]:
        named = {"If-Match": match} if match is not None else {}
        return {"Authorization": f"Bearer {self.invite.token}", **named}


@pytest.fixture
async def worker(redis_url: str) -> AsyncIterator[Worker]:
    """A real worker in this process."""
    name = f"test-{secrets.token_hex(4)}"
    config = Config(name, name, redis_url, 0, ("127.0.0.1",), ("127.0.0.1",), "INFO")
    made = Worker(config)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def arrive() -> AsyncIterator[Callable[[str], Awaitable[Client]]]:
    """Make clients, each with its own invite to the same room."""
    room = await make_room()
    clients: list[Client] = []
    async with Hub() as hub:

        async def client(kind: str) -> Client:
            invite = await make_invite(room, Role.SPEAKER if kind == "whip" else Role.LISTENER)
            link = Link(hub, lambda *_: None, lambda *_: None)
            clients.append(Client(kind, invite, link))
            return clients[-1]

        yield client
        for made in clients:
            await made.link.close()


# Before a worker is asked


@KINDS
async def test_headers_without_a_fragment_are_refused_before_a_worker_hears_of_it(
    arrive: Callable[[str], Awaitable[Client]], kind: str
) -> None:
    client = await arrive(kind)
    async with FakeWorker() as fake:
        await client.offer()
        await fake.heard(wire.Join)
        await fake.heard(wire.Offer)
        for body, type_, status in (
            (END, "text/plain", 415),
            (END, "application/sdp", 415),
            ("a=x" * wire.MAX_FRAGMENT_BYTES, FRAGMENT, 413),
            ("x" * (3 * 1024 * 1024), FRAGMENT, 413),
        ):
            response = await client.patch(body, "*", type_)
            assert response.status_code == status
            assert len(response.content) > 20
            if status == 415:
                assert response["Accept-Patch"] == FRAGMENT
        for method in ("get", "post", "put", "head"):
            response = await getattr(client.http, method)(client.location, headers=client.headers())
            assert response.status_code == 405
            assert response["Allow"] == "DELETE, PATCH, OPTIONS"
        assert fake.commands.empty()
        response = await client.http.options(client.location)
        assert (response.status_code, response["Accept-Patch"]) == (200, FRAGMENT)
        assert "If-Match" in response["Access-Control-Allow-Headers"]
        assert "ETag" in response["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("header", "sessions"),
    [
        pytest.param(None, [], id="none"),
        pytest.param("", [], id="empty"),
        pytest.param('"abc"', ["abc"], id="a tag"),
        pytest.param("*", ["*"], id="any"),
        pytest.param('"*"', ["*"], id="any, as the RFC's example has it"),
        pytest.param('"abc", "def"', ["abc", "def"], id="several"),
        pytest.param('W/"abc"', ['W/"abc'], id="a weak tag, which is no session's name"),
    ],
)
async def test_if_match_is_passed_on_and_never_a_reason_to_keep_a_session(
    arrive: Callable[[str], Awaitable[Client]], header: str | None, sessions: list[str]
) -> None:
    client = await arrive("whip")
    async with FakeWorker() as fake:
        await client.offer()
        await fake.heard(wire.Join)
        await fake.heard(wire.Offer)
        assert (await client.patch(END, header)).status_code == 204
        command = await fake.heard(wire.PatchIce)
        assert (command.fragment, command.sessions) == (END, sessions)
        assert (await client.delete(header)).status_code == 200


async def test_without_a_worker_there_is_no_session(
    arrive: Callable[[str], Awaitable[Client]],
) -> None:
    client = await arrive("whip")
    async with FakeWorker() as fake:
        await client.offer()
        await fake.die()
    assert (await client.delete()).status_code == 404
    assert (await client.patch(END, "*")).status_code == 404
    # Nor was the room placed again for it.
    assert await sfu.claim_of("garden") is None


async def test_a_worker_that_says_nothing_is_not_waited_for(
    arrive: Callable[[str], Awaitable[Client]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sfu, "TIMEOUT_SECONDS", 0.3)
    client = await arrive("whip")
    async with FakeWorker() as fake:
        await client.offer()
        fake.answers[wire.Leave] = []
        response = await client.delete()
        assert response.status_code == 503
        assert int(response["Retry-After"]) > 0


# At a real worker


@KINDS
async def test_a_session_ends_once(
    worker: Worker, arrive: Callable[[str], Awaitable[Client]], kind: str
) -> None:
    client = await arrive(kind)
    await client.start()
    assert (await client.delete('"whatever"')).status_code == 200
    assert not worker.rooms
    for response in (
        await client.delete(),
        await client.patch(END, client.etag),
        await client.patch(user("abcd"), "*"),
    ):
        assert response.status_code == 404
    # Nor is a session there that never existed, though its room is held and its address is signed.
    again, gone = await arrive(kind), client.location
    await again.start()
    client.location = gone
    assert (await client.delete()).status_code == 404


@KINDS
async def test_candidates_are_for_the_current_session(
    worker: Worker, arrive: Callable[[str], Awaitable[Client]], kind: str
) -> None:
    client = await arrive(kind)
    await client.start()
    mine = (
        user(client.link.ufrag)
        + "m=video 9 RTP/AVP 0\r\na=mid:v\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
        + END
    )
    for body, match, status in (
        (mine, client.etag, 204),
        (mine, "*", 204),
        (mine, f'"other", {client.etag}', 204),
        (mine, None, 428),
        (mine, "", 428),
        (mine, '"other"', 412),
        (mine, f"W/{client.etag}", 412),
        ("junk", client.etag, 400),
        ("\r\n", client.etag, 400),
        (b"a=\xff", client.etag, 400),
        ("junk", '"other"', 412),
        (user("abcd"), client.etag, 400),
    ):
        response = await client.patch(body, match)
        assert response.status_code == status, (body, match, response.content)
        assert "ETag" not in response
        assert (status == 204) == (response.content == b"")
    await asyncio.wait_for(client.link.connected, 15)


@KINDS
async def test_ice_is_restarted_and_dtls_knows_nothing_of_it(
    worker: Worker, arrive: Callable[[str], Awaitable[Client]], kind: str
) -> None:
    client = await arrive(kind)
    await client.start()
    await asyncio.wait_for(client.link.connected, 15)
    (participant,) = worker.rooms["garden"].participants.values()
    connection = participant.connection
    assert connection is not None
    transport = connection.transport
    await until(lambda: settled(transport.connected))
    before, keys = client.etag, transport._sessions

    client.link.ufrag, client.link.pwd = ice.new_credentials()
    response = await client.patch(user(client.link.ufrag, client.link.pwd), '"*"')
    assert (response.status_code, response["Content-Type"]) == (200, FRAGMENT)
    text = response.content.decode()
    assert text.startswith("a=ice-lite\r\n")
    assert re.search(r"a=mid:v\r\na=candidate:.*\r\na=end-of-candidates\r\n$", text, re.DOTALL)
    client.etag = response["ETag"]
    theirs = parse_fragment(text)
    assert client.etag == f'"{theirs.ufrag}"' != before

    client.link.restart_ice(theirs.ufrag, theirs.pwd)
    await until(lambda: settled(ufrags_of(worker, transport) == [theirs.ufrag]))
    assert participant.connection is connection
    assert (transport._sessions, transport.connected) == (keys, True)
    assert (await client.patch(END, before)).status_code == 412
    assert (await client.patch(END, client.etag)).status_code == 204
    assert (await client.delete()).status_code == 200


async def test_each_of_many_simultaneous_restarts_is_answered_and_one_counts(
    worker: Worker, arrive: Callable[[str], Awaitable[Client]]
) -> None:
    client = await arrive("whip")
    await client.start()
    responses = await asyncio.gather(*(client.patch(user(f"user{i}"), "*") for i in range(5)))
    assert [r.status_code for r in responses] == [200] * 5
    tags = {r["ETag"] for r in responses}
    assert len(tags) == 5
    taken = [tag for tag in tags if (await client.patch(END, tag)).status_code == 204]
    assert len(taken) == 1
    (participant,) = worker.rooms["garden"].participants.values()
    assert participant.connection is not None
    assert len(ufrags_of(worker, participant.connection.transport)) == 2


async def test_a_removed_stream_has_no_session_and_its_key_works_again_only_without_a_ban(
    worker: Worker, arrive: Callable[[str], Awaitable[Client]]
) -> None:
    client = await arrive("whip")
    await client.start()
    participant = client.location.rsplit("/", 1)[1].split(".")[0]
    room = client.invite.room
    done = await sync_to_async(removal.ban)(room, Grant(Role.OWNER), participant)
    await removal.remove(room, done.participants)
    for response in (
        await client.patch(END, client.etag),
        await client.patch(user("abcd"), "*"),
        await client.delete(),
    ):
        assert response.status_code == 404
    assert (await client.offer()).status_code == 403
    await Ban.objects.all().adelete()
    assert (await client.offer()).status_code == 201
    assert (await client.delete()).status_code == 200


def ufrags_of(worker: Worker, transport: object) -> list[str]:
    """The users whose checks this transport gets."""
    table = worker.port.by_ufrag
    return [ufrag.decode() for ufrag, owner in table.items() if owner is transport]


async def settled(value: bool) -> bool:
    return value
