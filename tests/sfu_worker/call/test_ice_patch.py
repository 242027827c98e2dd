"""Trickle ICE fragments of WHIP and WHEP clients: candidates, and ICE restarts."""

from __future__ import annotations

from sfu_worker import sdp, wire
from sfu_worker.call.ice_patch import patch_ice
from sfu_worker.sdp import parse_fragment
from tests.sfu_worker.edge import Peer, media_port, until

CANDIDATES = [sdp.candidate("192.0.2.1", 4000), sdp.candidate("192.0.2.1", 4000, tcp=True)]
TAGGED = sdp.AnsweredMedia("v", "video", "recvonly")
PWD = "p" * 24


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
        # A request that is repeated after a lost answer is one restart. Candidates are for the
        # new session only.
        assert patch(peer, user("abcd"), "*") == wire.IcePatched()
        assert code(patch(peer, user("abcd"), before)) == "other_ice_session"
        assert code(patch(peer, user("abcd"), answer.ice_session)) == "ok"
        await peer.close()


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
