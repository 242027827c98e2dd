"""ICE restarts at the network edge and by trickle ICE fragments: real sockets, real DTLS and SRTP."""

from __future__ import annotations

import asyncio
import time

import pytest
from aioice import stun

from sfu_worker import sdp, wire
from sfu_worker.call.ice_patch import patch_ice
from sfu_worker.net import agent, ice
from sfu_worker.sdp import SdpError, parse_fragment
from tests.sfu_worker.edge import Peer, media_port, silent, stranger, until

CANDIDATES = [sdp.candidate("192.0.2.1", 4000), sdp.candidate("192.0.2.1", 4000, tcp=True)]
TAGGED = sdp.AnsweredMedia("v", "video", "recvonly")
PWD = "p" * 24


def check(ours: str, theirs: str, password: str, **attributes: object) -> bytes:
    fields = {"USERNAME": f"{ours}:{theirs}", "PRIORITY": 1, "ICE-CONTROLLING": 7, **attributes}
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, None, fields)
    message.add_message_integrity(password.encode())
    return bytes(message)


def restart(peer: Peer) -> None:
    """Both sides take new users and passwords; the client has not heard ours yet."""
    peer.link.ufrag, peer.link.pwd = ice.new_credentials()
    peer.transport.restart_ice(peer.link.ufrag)


@pytest.mark.parametrize("moves", [False, True])
async def test_media_goes_on_before_during_and_after_a_restart_with_the_keys_of_before(
    moves: bool,
) -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        await peer.forwards()
        before, sessions = peer.transport.ufrag, peer.transport._sessions
        restart(peer)
        assert peer.transport.ufrag != before
        await peer.forwards()
        address = peer.transport.remote_address
        if moves:
            peer.link.rebind(("127.0.0.1", port.port))
        peer.link.restart_ice(peer.transport.ufrag, peer.transport.pwd)
        await until(lambda: before.encode() not in port.by_ufrag)
        assert list(port.by_ufrag) == [peer.transport.ufrag.encode()]
        # A path that the new session nominates is the one at once, however new the nomination of the old one is.
        await until(lambda: (peer.transport.remote_address != address) == moves)
        await peer.forwards()
        assert peer.transport._sessions is sessions
        assert (peer.handler.connected, peer.handler.closed) == (1, [])
        await peer.close()
        assert not port.by_ufrag


async def test_until_the_peer_answers_the_session_before_counts_and_then_no_more() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        old = (peer.transport.ufrag, peer.link.ufrag, peer.transport.pwd)
        restart(peer)
        new = (peer.transport.ufrag, peer.link.ufrag, peer.transport.pwd)
        loop = asyncio.get_running_loop()
        with stranger(port) as sock:
            for pair, key in ((old, old[2]), (new, new[2])):
                sock.send(check(*pair))
                answer = stun.parse_message(await asyncio.wait_for(loop.sock_recv(sock, 2048), 15))
                assert answer.message_class is stun.Class.RESPONSE
                assert answer.check_message_integrity(key.encode())
            dropped = port.datagrams_dropped
            # The old one, and what belongs to neither.
            for wrong in (
                old,
                (new[0], old[1], new[2]),
                (new[0], new[1], old[2]),
                (old[0], new[1], new[2]),
            ):
                sock.send(check(*wrong))
            await until(lambda: port.datagrams_dropped == dropped + 4)
            assert silent(sock)
        await peer.forwards()
        await peer.close()


async def test_what_the_new_session_nominates_is_the_path_at_once_however_low_it_ranks() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        restart(peer)
        with stranger(port) as sock:
            # No other path takes over from one that has just been nominated, but in a new session nothing is nominated yet.
            await peer.forwards()
            assert peer.transport._current is not None
            assert peer.transport._current.nominated_at > 0
            peer.transport._current.nominated_at = time.monotonic() + 600
            sock.send(
                check(
                    peer.transport.ufrag,
                    peer.link.ufrag,
                    peer.transport.pwd,
                    **{"USE-CANDIDATE": None},
                )
            )
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2048), 15)
            assert peer.transport.remote_address.split()[2] == str(sock.getsockname()[1])
            # And that counts from then on: the restart is over with the first check.
            nominated = peer.transport._current.nominated_at
            assert nominated > 0
            sock.send(check(peer.transport.ufrag, peer.link.ufrag, peer.transport.pwd))
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2048), 15)
            assert peer.transport._current.nominated_at == nominated
        await peer.close()


async def test_of_two_restarts_at_once_the_last_counts() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        first = peer.transport.ufrag
        restart(peer)
        second = peer.transport.ufrag
        restart(peer)
        assert set(port.by_ufrag) == {first.encode(), peer.transport.ufrag.encode()}
        assert second != peer.transport.ufrag
        peer.link.restart_ice(peer.transport.ufrag, peer.transport.pwd)
        await until(lambda: list(port.by_ufrag) == [peer.transport.ufrag.encode()])
        await peer.forwards()
        await peer.close()


async def test_who_closes_during_a_restart_leaves_nobody_in_the_port() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        restart(peer)
        await peer.close()
        assert not port.by_ufrag


async def test_a_restart_may_take_as_long_as_consent_lasts() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        await peer.forwards()
        restart(peer)
        now = time.monotonic()
        peer.transport.tick(now + agent.TIMEOUT_SECONDS + 1)
        assert not peer.handler.closed
        peer.transport.tick(now + agent.CONSENT_SECONDS + 1)
        assert peer.handler.closed == ["timeout"]
        await peer.close()


def patch(peer: Peer, fragment: str, *sessions: str) -> wire.IcePatched | wire.Refused:
    return patch_ice(
        wire.PatchIce("r", "p", fragment, list(sessions), "reply"),
        peer.transport,
        TAGGED,
        CANDIDATES,
    )


def code(answer: wire.IcePatched | wire.Refused) -> str:
    return answer.code if isinstance(answer, wire.Refused) else "ok"


def user(ufrag: str, pwd: str = PWD) -> str:
    return f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n"


async def test_a_fragment_is_for_the_session_that_it_names() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        session, same = peer.transport.ufrag, user(peer.link.ufrag)
        # Candidates: nothing to do, and so nothing to tell.
        for sessions in ([session], ["*"], ["other", session]):
            for fragment in (same, "a=end-of-candidates\r\n"):
                assert patch(peer, fragment, *sessions) == wire.IcePatched()
        assert peer.transport.ufrag == session
        assert code(patch(peer, same)) == "no_ice_session"
        assert code(patch(peer, same, "other")) == "other_ice_session"
        # The precondition before the content.
        assert code(patch(peer, "junk", "other")) == "other_ice_session"
        assert code(patch(peer, "junk", session)) == code(patch(peer, "junk", "*")) == "bad_sdp"
        # Another user in a session that is named is no restart.
        assert code(patch(peer, user("abcd"), session)) == "bad_sdp"
        assert (peer.transport.ufrag, peer.transport.remote_ufrag) == (session, peer.link.ufrag)
        await peer.close()


async def test_a_restart_is_answered_with_our_side_of_a_new_session() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        before = peer.transport.ufrag
        answer = patch(peer, user("abcd"), "*")
        assert isinstance(answer, wire.IcePatched)
        assert answer.ice_session == peer.transport.ufrag != before
        assert answer.fragment.split("\r\n") == [
            "a=ice-lite",
            f"a=ice-ufrag:{peer.transport.ufrag}",
            f"a=ice-pwd:{peer.transport.pwd}",
            "m=video 9 RTP/AVP 0",
            "a=mid:v",
            *(f"a={candidate}" for candidate in CANDIDATES),
            "a=end-of-candidates",
            "",
        ]
        assert parse_fragment(answer.fragment) == sdp.Fragment(
            peer.transport.ufrag, peer.transport.pwd
        )
        # The same request twice, as after a lost answer, is one restart; candidates go to the new session alone.
        assert patch(peer, user("abcd"), "*") == wire.IcePatched()
        assert code(patch(peer, user("abcd"), before)) == "other_ice_session"
        assert code(patch(peer, user("abcd"), answer.ice_session)) == "ok"
        await peer.close()


CANDIDATE = "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1"
MEDIA = "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n"


@pytest.mark.parametrize(
    ("text", "ufrag"),
    [
        (
            f"a=ice-ufrag:EsAw\r\na=ice-pwd:{PWD}\r\n{MEDIA}{CANDIDATE}\r\na=end-of-candidates\r\n",
            "EsAw",
        ),
        (f"{MEDIA}a=ice-ufrag:EsAw\r\na=ice-pwd:{PWD}\r\n{CANDIDATE}\r\n", "EsAw"),
        (f"a=ice-ufrag:EsAw\na=ice-pwd:{PWD}", "EsAw"),
        (f"{MEDIA}{CANDIDATE}", ""),
        ("a=end-of-candidates", ""),
        (
            "a=group:BUNDLE 0\r\na=ice-options:trickle\r\n"
            + MEDIA
            + "a=candidate:0 1 UDP 1 x-1.local 9 typ host",
            "",
        ),
    ],
)
def test_a_fragment_is_read(text: str, ufrag: str) -> None:
    assert parse_fragment(text) == sdp.Fragment(ufrag, PWD if ufrag else "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("hello", id="no line of SDP"),
        pytest.param("v=0\r\n" + user("abcd"), id="a whole description"),
        pytest.param("a=ice-ufrag:abcd", id="a user without a password"),
        pytest.param(f"a=ice-pwd:{PWD}", id="a password without a user"),
        pytest.param(user("abc"), id="a user that is too short"),
        pytest.param(user("abcd", "short"), id="a password that is too short"),
        pytest.param(user("ab:cd"), id="a user with a colon"),
        pytest.param(user("abcd") + user("efgh"), id="two users"),
        pytest.param(MEDIA + "a=candidate:nonsense", id="a candidate that is none"),
        pytest.param(MEDIA + "a=candidate:", id="an empty candidate"),
        pytest.param("m=audio 9 RTP/AVP 0\r\n" + CANDIDATE, id="no mid"),
        pytest.param("m=audio\r\na=mid:0\r\n" + CANDIDATE, id="half an m-line"),
        pytest.param(user("abcd") + "a=x\0y", id="control characters"),
        pytest.param(user("abcd") + "a=" + "x" * wire.MAX_FRAGMENT_BYTES, id="too long"),
        pytest.param(user("abcd") + "a=\ud800", id="half a character"),
    ],
)
def test_what_is_no_fragment_is_refused(text: str) -> None:
    with pytest.raises(SdpError):
        parse_fragment(text)


async def test_forwarding_goes_on_when_nobody_makes_use_of_a_restart() -> None:
    async with media_port() as (port, hub):
        peer = await Peer(port, hub).connect()
        patch(peer, user("abcd"), "*")
        # The client never heard of it: its consent checks are still those of the session before.
        answered = peer.link._checks.answered_at
        peer.link._checks.due_at = 0.0
        await until(lambda: peer.link._checks.answered_at > answered)
        await peer.forwards()
        assert len(port.by_ufrag) == 2
        await peer.close()
