"""The model's world: pages, web processes, hosts with workers, Redis, and the way between them."""

from __future__ import annotations

import random
from collections.abc import Callable

from sfu_worker import wire
from tests.model.hosts import Host
from tests.model.page import Page
from tests.model.store import Away, Store
from tests.model.weather import CALM, Post
from tests.model.web import Consumer, Web

STEP_SECONDS = 0.1


class World:
    """Time passes with ``advance``. ``chance`` decides what is left to chance."""

    def __init__(self, chance: random.Random, hosts: int, webs: int) -> None:
        self.now = 1000.0
        self.chance = chance
        self.store = Store()
        self.post = Post(chance)
        self.channels: dict[str, Consumer] = {}
        self.groups: dict[tuple[str, str], set[str]] = {}
        self.pages: dict[str, Page] = {}
        self.unmuted: list[str] = []
        self.store.now = self.now
        self.hosts = [Host(self, f"host{n}") for n in range(1, hosts + 1)]
        self.webs = [Web(self) for _ in range(webs)]
        self._waiting: list[tuple[Web, Callable[[], None]]] = []

    def advance(self, seconds: float) -> None:
        """Let everyone act, step by step."""
        until = self.now + seconds
        while self.now < until:
            self.now = self.store.now = round(self.now + STEP_SECONDS, 6)
            self.post.deliver(self.now)
            for host in self.hosts:
                host.run()
            for web in self.webs:
                web.run()
            self._hand_over()
            for page in list(self.pages.values()):
                page.run()
            self._watch_mutes()

    def come(self, name: str, *, muted: bool = False) -> Page:
        """Somebody opens the page."""
        page = self.pages[name] = Page(self, name, muted=muted)
        return page

    def calm_down(self) -> None:
        """Everything that is broken is mended, and nothing more happens."""
        self.post.odds = CALM
        self.store.away = False
        for host in self.hosts:
            host.stopped, host.hung, host.busy = False, None, False
        for web in self.webs:
            web.stopped = False
        for page in self.pages.values():
            page.cut = 0.0

    # The way between the parts

    def command(self, claim: wire.Claim, command: wire.Command) -> None:
        """From a web process to a worker. Raises Away."""
        if self.store.away:
            raise Away
        sent = self.now

        def arrive() -> None:
            for host in self.hosts:
                if host.life is not None and host.life.name == claim.worker:
                    host.life.inbox.append((sent, command, claim.fence))

        self.post.send(self.now, arrive)

    def tell(self, channel: str, event: wire.Event, fence: int) -> None:
        """From a worker to one seat."""
        self.post.send(self.now, lambda: self._arrive(channel, event, fence))

    def tell_group(self, room: str, event: wire.Event, fence: int) -> None:
        """From a worker to everyone in a room's group."""
        for channel in sorted(self.groups.get((self.store.era(), room), ())):
            self.tell(channel, event, fence)

    def _arrive(self, channel: str, event: wire.Event, fence: int) -> None:
        consumer = self.channels.get(channel)
        if consumer is not None:
            self._waiting.append((consumer.web, lambda: consumer.hear(event, fence)))

    def _hand_over(self) -> None:
        waiting, self._waiting = self._waiting, []
        for web, hand_over in waiting:
            if web.stopped:
                self._waiting.append((web, hand_over))
            else:
                hand_over()

    def changed(self) -> None:
        """What is published on ``wire.CHANGED_CHANNEL``."""
        for web in self.webs:
            self.post.send(self.now, web.look_soon)

    # What can be seen

    def host_of(self, worker: str) -> Host | None:
        """The host on which this life of a worker runs."""
        lives = [host for host in self.hosts if host.life is not None]
        return next((h for h in lives if h.life is not None and h.life.name == worker), None)

    def people_at(self, host: Host) -> dict[str, bool]:
        """Who is in the room on this host, and whether they are muted; retired rooms included."""
        if host.life is None:
            return {}
        return {
            p.id: all(track.muted for track in p.tracks.values())
            for room in host.life.rooms.all
            for p in room.participants.values()
        }

    def _watch_mutes(self) -> None:
        """Nobody who came muted, and never changed that, may have an open track anywhere."""
        for host in self.hosts:
            for name, muted in self.people_at(host).items():
                page = self.pages.get(name)
                if page is not None and page.always_muted and not muted:
                    self.unmuted.append(name)
