"""After every storm, once things are quiet, everyone is where they should be."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sfu_worker import wire
from sfu_worker.call import participant, room
from tests.model.hosts import Host, Media
from tests.model.page import ROOM, Page
from tests.model.weather import Odds
from tests.model.web import Web
from tests.model.world import World

# Longer than everything that has to run out: consent, the 15 s, and keys in Redis.
QUIET_SECONDS = 90.0

shares = st.sampled_from([0.0, 0.1, 0.4])
pauses = st.sampled_from([0.2, 1.0, 3.0, 7.0, 20.0])


class Storm(RuleBasedStateMachine):
    """What may happen to a call."""

    world: World

    @initialize(
        chance=st.randoms(use_true_random=False), hosts=st.integers(1, 3), webs=st.integers(1, 2)
    )
    def begin(self, chance: random.Random, hosts: int, webs: int) -> None:
        self.world = World(chance, hosts, webs)
        self._patches = list(patched(self.world))
        for patch in self._patches:
            patch.start()
        self._names = 0
        self.world.advance(2.0)
        self.come(muted=True)
        self.come(muted=False)
        self.world.advance(3.0)

    def _any(self, things: list[Any]) -> Any:
        return self.world.chance.choice(things)

    @property
    def _open(self) -> list[Page]:
        return [page for page in self.world.pages.values() if not page.gone]

    @rule(seconds=pauses)
    def wait(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule(lost=shares, late=shares, doubled=shares)
    def change_weather(self, lost: float, late: float, doubled: float) -> None:
        self.world.post.odds = Odds(lost, late, doubled)

    @precondition(lambda self: len(self._open) < 5)
    @rule(muted=st.booleans())
    def come(self, muted: bool) -> None:
        self._names += 1
        self.world.come(f"page{self._names}", muted=muted)

    @precondition(lambda self: self._open)
    @rule()
    def close_a_tab(self) -> None:
        self._any(self._open).close()

    @precondition(lambda self: self._open)
    @rule(muted=st.booleans())
    def press_mute(self, muted: bool) -> None:
        self._any(self._open).mute(muted)

    @precondition(lambda self: self._open)
    @rule(seconds=pauses)
    def cut_a_socket(self, seconds: float) -> None:
        page: Page = self._any(self._open)
        page.lose_socket()
        page.cut = self.world.now + seconds

    @rule()
    def kill_a_worker(self) -> None:
        self._any(self.world.hosts).kill()

    @rule()
    def hang_a_worker(self) -> None:
        host: Host = self._any(self.world.hosts)
        host.hung = host.hung or self.world.now

    @rule(seconds=pauses)
    def stop_a_host(self, seconds: float) -> None:
        host: Host = self._any(self.world.hosts)
        host.stopped = True
        self.world.advance(seconds)
        host.stopped = False

    @rule(seconds=pauses)
    def stop_a_web_process(self, seconds: float) -> None:
        web: Web = self._any(self.world.webs)
        web.stopped = True
        self.world.advance(seconds)
        web.stopped = False

    @rule()
    def kill_a_web_process(self) -> None:
        web: Web = self._any(self.world.webs)
        self.world.webs[self.world.webs.index(web)] = Web(self.world)
        for consumer in list(web.consumers.values()):
            self.world.channels.pop(consumer.seat.channel, None)
            for page in self._open:
                if page.consumer is consumer:
                    page.consumer = None

    @rule(empty=st.booleans(), seconds=pauses)
    def lose_redis(self, empty: bool, seconds: float) -> None:
        self.world.store.away = True
        self.world.advance(seconds)
        if empty:
            self.world.store.lose_everything()
            for host in self.world.hosts:
                if host.life is not None:
                    host.life.inbox.clear()
        self.world.store.away = False

    @rule()
    def move_the_clock_of_redis(self) -> None:
        self.world.store.expire_everything()

    @rule()
    def drain_a_worker(self) -> None:
        self._any(self.world.hosts).drain()

    @rule(busy=st.booleans())
    def fill_a_worker(self, busy: bool) -> None:
        self._any(self.world.hosts).busy = busy

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.world.calm_down()
            self.world.advance(QUIET_SECONDS)
            check(self.world, [page for page in self._open if not page.ended])
        finally:
            for patch in self._patches:
                patch.stop()


def patched(world: World) -> Iterator[Any]:
    """The model's time, and connections without a network."""
    clock = mock.Mock(monotonic=lambda: world.now, time=lambda: world.now)
    yield mock.patch.object(room, "time", clock)

    def answer(self: Any, text: str, sources: dict[str, str], now: float) -> wire.Answer:
        self.disconnect(now)
        self.connection = Media(world, self._host.name, text)
        for source in sources.values():
            self._track(source, "audio")
        return wire.Answer(text)

    yield mock.patch.object(participant.Participant, "answer", answer)


def check(world: World, pages: list[Page]) -> None:
    """Everyone is connected to the one owner, there are no ghosts, and nobody was unmuted."""
    assert world.unmuted == []
    held = world.store.get(wire.room_key(ROOM))
    names = sorted(page.name for page in pages)
    owner = world.host_of(wire.Claim.parse(held).worker) if held else None
    for host in world.hosts:
        expected = names if host is owner else []
        assert sorted(world.people_at(host)) == expected, host.name
    if not pages:
        return
    assert owner is not None
    assert owner.life is not None
    epoch = owner.life.rooms.held[ROOM].epoch
    for page in pages:
        assert page.epoch == epoch, page.name
        assert sorted(page.people) == names, page.name
        assert page.reaches(owner.life.name, epoch), page.name
        for other in pages:
            assert page.people[other.name] == other.muted, (page.name, other.name)


# The same storms each time. ``STORMS=5000 pytest tests/model`` looks for new ones.
_COUNT = int(os.environ.get("STORMS", "0"))

Storms = Storm.TestCase
Storms.settings = settings(
    max_examples=_COUNT or 150, stateful_step_count=25, deadline=None, derandomize=not _COUNT
)
