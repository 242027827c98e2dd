"""Everyone in one room, and what must be true of all of them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from sfu_worker.light_client import Door, Hub, Plan, open_door
from tools.faults.caller import Board, Caller, News
from tools.faults.site import LIMIT_SECONDS, Site

# Too little for anyone's bandwidth to matter. Without a level nobody is held back in a crowd.
PLAN = Plan(
    video_rate=20.0,
    video_size=200,
    frame_packets=1,
    audio_rate=25.0,
    audio_size=80,
    audio_level=None,
)
SILENT = Plan(sources=())
# Packets of each pair after which it counts as back.
ENOUGH = 10
# Lines are written more slowly than the server's limit.
TALK_SECONDS = 0.4


async def until(
    true: Callable[[], bool], said: Callable[[], str], seconds: float = LIMIT_SECONDS
) -> None:
    """Wait for a condition. Raises TimeoutError, which ``said`` explains."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(said())
        await asyncio.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Pair:
    """A track and who receives it."""

    receiver: Caller
    track: str

    @property
    def count(self) -> int:
        """Packets so far."""
        return self.receiver.arrivals.count.get(self.track, 0)

    def __str__(self) -> str:
        return f"{self.track} at {self.receiver.name}"


class Company:
    """The callers in one room of a site. They come through ``site.wires`` if ``wired``."""

    def __init__(self, site: Site, hub: Hub, slug: str, *, wired: bool = False) -> None:
        self.site, self.hub, self.slug = site, hub, slug
        self.board = Board()
        self.callers: list[Caller] = []
        self._port = site.wires.port if wired else None
        self._invites: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._said = 0
        self._talks: asyncio.Task[None] | None = None
        self._epochs: set[str] = set()

    # Coming and going

    async def come(
        self,
        name: str,
        role: str = "speaker",
        *,
        pairs: int = 8,
        muted: Iterable[str] = (),
        door: Door | None = None,
    ) -> Caller:
        """One more person, who joins by an invite of their own kind."""
        door = door or await self.door(role)
        plan = SILENT if role == "listener" else PLAN
        caller = Caller(self.hub, door, name, self.board, plan, pairs, self._port)
        caller.media.muted |= set(muted)
        self.callers.append(caller)
        self._run(caller)
        return caller

    async def door(self, role: str) -> Door:
        """The call page, as someone with an invite opens it."""
        if role not in self._invites:
            self._invites[role] = await asyncio.to_thread(self.site.invite, self.slug, role)
        return await asyncio.to_thread(open_door, self._invites[role])

    def _run(self, caller: Caller) -> None:
        self._tasks.append(asyncio.create_task(caller.run()))

    async def ends(self, caller: Caller) -> None:
        """Wait until the call has ended for someone."""
        await until(lambda: bool(caller.ended), self.story)

    async def comes_again(self, caller: Caller) -> None:
        """Someone for whom it has ended tries to come back, and is refused."""
        caller.ended = ""
        self._run(caller)
        await self.ends(caller)

    async def online(self) -> None:
        """Wait until everyone's socket is open, and has brought the whole room."""
        now = time.monotonic()
        await until(
            lambda: all(one.online and one.state_at > now for one in self.present), self.story
        )

    async def moved(self) -> None:
        """Wait until everyone's call is another one, at another worker or a new one."""
        before = self._epochs
        await until(lambda: all(one.room.epoch not in before for one in self.present), self.story)
        self._epochs = before | {one.room.epoch for one in self.present}

    async def gather(self, *names: str, listeners: int = 0) -> None:
        """Speakers, whom all see and hear when this returns, and people who only listen."""
        await asyncio.gather(
            *(self.come(name) for name in names),
            *(self.come(f"Listener {i + 1}", "listener") for i in range(listeners)),
        )
        await self.receive()
        self._epochs |= {one.room.epoch for one in self.present}

    async def end(self) -> None:
        """Everyone leaves, the vanished included."""
        for caller in self.present:
            await caller.leave()
        for task in self._tasks:
            # Those whose server does not answer have nothing to wait for.
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(caller.media.close() for caller in self.callers))

    @property
    def present(self) -> list[Caller]:
        """Those for whom the call has not ended."""
        return [caller for caller in self.callers if not caller.ended]

    @property
    def ids(self) -> list[str]:
        """Of those who are there, sorted."""
        return sorted(caller.id for caller in self.present)

    # Media

    def pairs(self) -> list[Pair]:
        """Every track of everyone, at everyone else."""
        return [
            Pair(receiver, f"{sender.id}:{source}")
            for sender in self.present
            if sender.publish
            for source in PLAN.sources
            for receiver in self.present
            if receiver is not sender
        ]

    async def receive(self, seconds: float = LIMIT_SECONDS) -> None:
        """Wait until something new of every pair has come. Raises TimeoutError with the silent."""
        await until(lambda: all(caller.id for caller in self.present), self.story, seconds)
        before = {pair: pair.count for pair in self.pairs()}

        def silent() -> list[str]:
            return [str(pair) for pair, count in before.items() if pair.count < count + ENOUGH]

        def said() -> str:
            return f"{len(silent())} of {len(before)} pairs: {silent()[:9]}\n{self.story()}"

        await until(lambda: not silent(), said, seconds)

    def gaps(self) -> list[float]:
        """The longest silence of each pair since ``measure``, in seconds."""
        now = time.monotonic()
        return [pair.receiver.arrivals.gap(pair.track, now) for pair in self.pairs()]

    def measure(self) -> None:
        """Measure gaps from now on."""
        for caller in self.callers:
            caller.arrivals.begin()

    async def mute(self, caller: Caller, source: str) -> None:
        """Someone mutes a source. From when all have heard of it, nobody may hear otherwise."""
        track = f"{caller.id}:{source}"
        await caller.mute(source, True)
        rooms = [one.room for one in self.present]
        await until(lambda: all(room.tracks[track]["muted"] for room in rooms), self.story)
        self.board.muted.add(track)

    # Words

    @contextlib.asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Everyone writes into the chat, in turn, until ``hush`` or the end of the block."""
        self._talks = asyncio.create_task(self._talk())
        try:
            yield
        finally:
            await self.hush()

    async def hush(self) -> None:
        """Nobody writes any more. What was written may still be on its way."""
        if self._talks is not None:
            self._talks.cancel()
            await asyncio.gather(self._talks, return_exceptions=True)
            self._talks = None

    async def _talk(self) -> None:
        while True:
            for caller in self.present:
                self._said += 1
                await caller.say(f"{caller.name} says {self._said}")
                await asyncio.sleep(TALK_SECONDS)

    def story(self) -> str:
        """What everybody went through, for a message about a failure."""
        return "\n".join(
            f"{c.name} {c.id[:6]} online={c.online} ended={c.ended!r} closed={c.closed[-3:]} "
            f"epoch={c.room.epoch[:6]} people={len(c.room.people)} tracks={len(c.room.tracks)} "
            f"made={c.media.made} lines={[str(line) for line in c.media.lines]} "
            f"news={[(news.what, news.who[:6]) for news in c.news[-6:]]}"
            for c in self.callers
        )

    async def states(self, seconds: float = LIMIT_SECONDS) -> None:
        """Ask everyone's server for the whole room, and wait until all have it."""
        asked = time.monotonic()
        behind = list(self.present)
        while behind := [one for one in behind if one.state_at <= asked and not one.ended]:
            if time.monotonic() > asked + seconds:
                names = [one.name for one in behind]
                raise TimeoutError(f"no room_state for {names}\n{self.story()}")
            for one in behind:
                await one.send({"type": "snapshot"})
            await asyncio.sleep(0.5)


def since(caller: Caller, at: float, *kinds: str) -> list[News]:
    """What a caller heard from a moment on."""
    return [news for news in caller.news if news.at >= at and news.what in kinds]
