"""Who is still there, as a worker knows it from sockets, leases and media."""

from __future__ import annotations

import pytest

from sfu_worker import wire
from sfu_worker.call.presence import (
    GRACE_SECONDS,
    LEASE_SECONDS,
    UNSEEN_SECONDS,
    Leases,
    Presence,
)

ANN, BEN = "web.a!ann", "web.a!ben"


def gone_after(presence: Presence, began: float, socket: bool = False, media: bool = False) -> int:
    """The seconds from ``began`` on until nobody has been there for too long; 99 is never."""
    for second in range(100):
        presence.note(socket=socket, media=media, now=began + second)
        if presence.over(began + second):
            return second
    return 99


@pytest.mark.parametrize(("socket", "media"), [(True, False), (False, True), (True, True)])
def test_somebody_is_there_while_their_socket_or_their_media_lives(
    socket: bool, media: bool
) -> None:
    assert gone_after(Presence(), 0.0, socket, media) == 99


def test_the_count_begins_when_both_have_ended_and_a_return_ends_it() -> None:
    presence = Presence()
    assert gone_after(presence, 0.0, media=True) == 99
    presence.note(socket=False, media=False, now=100.0)
    presence.note(socket=False, media=False, now=100.0 + wire.DETACHED_SECONDS)
    presence.note(socket=True, media=False, now=101.0 + wire.DETACHED_SECONDS)
    assert gone_after(presence, 200.0) == wire.DETACHED_SECONDS + 1


def test_time_in_which_the_worker_stood_still_does_not_count() -> None:
    presence = Presence()
    presence.note(socket=False, media=False, now=0.0)
    presence.note(socket=False, media=False, now=1.0)
    presence.note(socket=False, media=False, now=61.0)
    assert not presence.over(61.0)
    assert gone_after(presence, 62.0) == wire.DETACHED_SECONDS - 1


class Redis:
    """The lease of one web process, read once a second."""

    def __init__(self, *listed: str) -> None:
        self.leases = Leases()
        self.beat: int | None = 0
        self.listed = set(listed)
        self.now = 0.0

    def step(
        self, seconds: int = 1, *, beats: bool = True, asked: tuple[str, ...] = (ANN,)
    ) -> None:
        for _ in range(seconds):
            self.now += 1
            if beats and self.beat is not None:
                self.beat += 1
            wanted = self.leases.wanted(asked)
            marks = ["1" if c in self.listed and self.beat is not None else None for c in asked]
            beat = str(self.beat) if self.beat is not None else None
            self.leases.take(wanted, {"web.a": [beat, *marks]}, self.now)


def test_a_socket_lives_while_its_process_lists_it_under_new_beats() -> None:
    redis = Redis(ANN)
    redis.step(60)
    assert redis.leases.lives(ANN)
    redis.step(int(LEASE_SECONDS), beats=False)
    assert redis.leases.lives(ANN)
    redis.step(beats=False)
    assert not redis.leases.lives(ANN)
    redis.step()
    assert redis.leases.lives(ANN)


def test_a_socket_that_its_process_does_not_list_any_more_is_gone() -> None:
    redis = Redis(ANN, BEN)
    redis.step(asked=(ANN, BEN))
    redis.listed.remove(ANN)
    redis.step(int(LEASE_SECONDS) + 1, asked=(ANN, BEN))
    assert (redis.leases.lives(ANN), redis.leases.lives(BEN)) == (False, True)


def test_a_socket_that_has_just_come_need_not_be_listed_yet() -> None:
    redis = Redis(BEN)
    assert redis.leases.lives(ANN)
    redis.step(9, asked=(BEN,))
    assert redis.leases.lives(ANN)
    redis.step(3, asked=(ANN, BEN))
    assert redis.leases.lives(ANN)
    redis.listed.add(ANN)
    redis.step(60, asked=(ANN, BEN))
    assert redis.leases.lives(ANN)


def test_nobody_is_gone_because_redis_was_away_or_came_back_empty() -> None:
    redis = Redis(ANN)
    redis.step(5)
    redis.now += 60.0
    redis.beat = None
    assert redis.leases.lives(ANN)
    redis.step(int(GRACE_SECONDS), beats=False)
    assert redis.leases.lives(ANN)
    redis.beat = 66
    redis.step()
    redis.step(int(LEASE_SECONDS) + 1, beats=False)
    assert not redis.leases.lives(ANN)


def test_an_outage_wakes_no_socket_that_was_gone_before() -> None:
    redis = Redis(ANN)
    redis.step(5)
    redis.step(20, beats=False)
    redis.now += 60.0
    redis.step(beats=False)
    assert not redis.leases.lives(ANN)


def test_a_process_that_died_takes_its_sockets_with_it_and_another_one_lists_its_own() -> None:
    redis = Redis(ANN)
    redis.step(5)
    redis.beat = None
    redis.step(int(LEASE_SECONDS) + 1)
    assert not redis.leases.lives(ANN)
    assert redis.leases.lives("web.b!ann")


def test_a_process_whose_lease_nobody_has_seen_has_more_time() -> None:
    redis = Redis(ANN)
    redis.beat = None
    redis.step(int(UNSEEN_SECONDS) + 1)
    assert redis.leases.lives(ANN)
    redis.step()
    assert not redis.leases.lives(ANN)


def test_a_channel_of_no_process_has_no_lease_and_lives() -> None:
    leases = Leases()
    assert leases.wanted(["reply.ann", ANN, BEN]) == {"web.a": [ANN, BEN]}
    leases.take({}, {}, 1.0)
    assert leases.lives("reply.ann")
