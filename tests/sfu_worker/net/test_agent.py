"""Which checks count, and where media goes; no sockets."""

from __future__ import annotations

from typing import Any, cast

from aioice import stun

from sfu_worker.net import agent as agent_module
from sfu_worker.net import ice
from sfu_worker.net.agent import CHECKS_PER_SECOND, MAX_PATHS, PATH_SECONDS, IceAgent
from sfu_worker.net.path import SILENT_SECONDS, Path


def started(now: float = 100.0) -> IceAgent:
    agent = IceAgent()
    agent.start("peer", now)
    return agent


def path(now: float = 100.0, *, tcp: bool = False) -> Path:
    stream = cast("Any", object()) if tcp else None
    return Path(cast("Any", None), ("192.0.2.1", 1), now, tcp=stream)


def envelope(username: str, password: str, **attributes: Any) -> ice.Envelope:
    fields = {"USERNAME": username, "PRIORITY": 1, "ICE-CONTROLLING": 7, **attributes}
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, None, fields)
    message.add_message_integrity(password.encode())
    opened = ice.open_envelope(bytes(message))
    assert opened is not None
    return opened


def check(agent: IceAgent, peer: str = "peer", **attributes: Any) -> ice.Request:
    """A valid request of the latest session."""
    request = agent.authenticate(envelope(f"{agent.ufrag}:{peer}", agent.pwd, **attributes))
    assert request is not None
    return request


def hear(agent: IceAgent, where: Path, now: float, *, nominates: bool = False) -> Path | None:
    surplus = agent.add(where)
    attributes: dict[str, Any] = {"USE-CANDIDATE": None} if nominates else {}
    agent.check(where, check(agent, **attributes), now)
    return surplus


def test_a_check_counts_only_with_both_users_and_our_password() -> None:
    agent = started()
    ours = agent.ufrag
    assert agent.authenticate(envelope(f"{ours}:peer", agent.pwd)) is not None
    assert agent.authenticate(envelope(f"{ours}:other", agent.pwd)) is None
    assert agent.authenticate(envelope(f"{ours}:peer", "wrong")) is None
    assert IceAgent().authenticate(envelope(f"{ours}:peer", agent.pwd)) is None


def test_a_flood_of_checks_is_cut_off_until_the_next_second() -> None:
    agent = started()
    data = envelope(f"{agent.ufrag}:peer", agent.pwd)
    answers = [agent.authenticate(data) for _ in range(CHECKS_PER_SECOND + 2)]
    assert [answer is None for answer in answers].index(True) == CHECKS_PER_SECOND
    agent.tick(101)
    assert agent.authenticate(data) is not None


def test_media_goes_to_the_first_path_and_moves_when_another_is_nominated() -> None:
    agent = started()
    first, second = path(), path()
    hear(agent, first, 100)
    assert agent.current is first
    hear(agent, second, 100.1)
    assert agent.current is first
    hear(agent, second, 100.2, nominates=True)
    assert agent.current is second


def test_a_path_that_is_removed_leaves_media_to_the_one_heard_last() -> None:
    agent = started()
    first, second, third = path(), path(), path()
    for at, where in enumerate((first, third, second)):
        hear(agent, where, 100 + at / 10)
    agent.remove(first)
    assert agent.current is second
    agent.remove(second)
    agent.remove(third)
    assert agent.current is None


def test_the_path_validated_longest_ago_makes_room_but_never_the_current_one() -> None:
    agent = started()
    paths = [path() for _ in range(MAX_PATHS + 1)]
    for at, where in enumerate(paths[:-1]):
        assert hear(agent, where, 100 + at / 10) is None
    assert agent.current is paths[0]
    assert agent.add(paths[-1]) is paths[1]


def test_a_restart_counts_from_the_first_check_of_the_new_session() -> None:
    agent = started()
    before = (agent.ufrag, agent.pwd)
    where = path()
    hear(agent, where, 100, nominates=True)
    assert agent.restart("again") is None
    assert agent.remote_ufrag == "again"
    assert agent.ufrags == [before[0], agent.ufrag]
    old = agent.authenticate(envelope(f"{before[0]}:peer", before[1]))
    assert old is not None
    assert agent.check(where, old, 101) is None
    assert agent.check(where, check(agent, "again"), 102) == before[0]
    assert agent.ufrags == [agent.ufrag]
    assert agent.current is where
    # What was nominated in the session before no longer counts.
    assert where.nominated_at == 0


def test_a_restart_that_no_check_has_followed_is_replaced_by_the_next() -> None:
    agent = started()
    agent.restart("one")
    unused = agent.ufrag
    assert agent.restart("two") == unused
    assert unused not in agent.ufrags


def test_a_path_is_given_up_only_when_it_is_silent_and_not_over_tcp() -> None:
    agent = started()
    assert not agent.gives_up(path(100), 100 + SILENT_SECONDS)
    assert agent.gives_up(path(100), 100 + SILENT_SECONDS + 0.1)
    assert not agent.gives_up(path(100, tcp=True), 200)


def test_silence_expires_a_peer_and_a_restart_gives_it_more_time() -> None:
    agent = started(100)
    assert not agent.expired(100 + agent_module.TIMEOUT_SECONDS)
    assert agent.expired(100 + agent_module.TIMEOUT_SECONDS + 1)
    where = path()
    hear(agent, where, 130)
    agent.remove(where)
    # A path that is gone was heard all the same.
    assert not agent.expired(130 + agent_module.TIMEOUT_SECONDS)
    agent.restart("again")
    assert not agent.expired(130 + agent_module.CONSENT_SECONDS)
    assert agent.expired(130 + agent_module.CONSENT_SECONDS + 1)


def test_a_silent_path_is_forgotten_unless_media_goes_there() -> None:
    agent = started()
    first, second = path(), path()
    hear(agent, first, 100)
    hear(agent, second, 100)
    assert agent.tick(100 + PATH_SECONDS) == []
    assert agent.tick(100 + PATH_SECONDS + 1) == [second]
