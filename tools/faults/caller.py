"""One person in a call, whose client lives as the call page does (static/rooms/room/)."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field
from typing import Any

import websockets

from sfu_worker.light_client import Door, Hub, Plan, WebSocketSignalling
from tools.faults.arrivals import Arrivals
from tools.faults.chat import Chat
from tools.faults.lasting import Lasting
from tools.faults.room import NUMBERED, Room, Shown

Message = dict[str, Any]

# Close codes after which the page does not come back.
FINAL = (1000, 4401, 4403)
WELCOME_SECONDS = 10.0
STATE_SECONDS = 5.0
# After so many questions without an answer the socket only looks open.
SILENT_AFTER = 3
STEP_SECONDS = 0.1


def pause(attempt: int) -> float:
    """Seconds before a retry, as static/rooms/common/backoff.js."""
    full = float(min(10, 0.5 * 2**attempt))
    return full / 2 + full / 2 * random.random()


@dataclass(frozen=True, slots=True)
class News:
    """Something that a person would notice, and when (monotonic seconds).

    ``what`` is ``left``, ``joined``, ``unmuted``, ``worker_lost``, ``role`` or ``error``.
    """

    at: float
    what: str
    who: str


@dataclass
class Board:
    """What the clients of one process know of each other, for the counts.

    ``names`` has the track of each stream; ``muted`` the tracks that their senders want muted.
    """

    names: dict[int, str] = field(default_factory=dict)
    muted: set[str] = field(default_factory=set)


class Reopen(Exception):
    """The socket only looks open, or the server has forgotten us: come back on another one."""


class Caller:
    """``run`` ends when the call has ended for this person; then ``ended`` says why.

    ``media`` is what it sends and receives, ``room`` what it was told, ``news`` what it would have
    shown. ``closed`` are the close codes of its sockets.
    """

    def __init__(
        self,
        hub: Hub,
        door: Door,
        name: str,
        board: Board,
        plan: Plan,
        pairs: int,
        port: int | None = None,
    ) -> None:
        self.name, self.door, self.port = name, door, port
        self.id = self.role = self.ended = ""
        self.publish = False
        self.room = Room()
        self._shown = Shown()
        self.chat = Chat()
        self.arrivals = Arrivals(board.names)
        self.news: list[News] = []
        self.closed: list[int] = []
        # When the latest room_state came.
        self.state_at = 0.0
        self.media = Lasting(hub, name, plan, pairs, board.names, self.arrivals.heard)
        self._board = board
        self._signalling: WebSocketSignalling | None = None
        self._resume: str | None = None
        self._sockets = 0
        self._fresh = False
        # When to ask for a room_state, and how often that was in vain.
        self._state_due, self._asked = float("inf"), 0
        self._attempt = 0
        self._closing: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    @property
    def online(self) -> bool:
        """Whether the server has welcomed the present socket."""
        return self._signalling is not None

    # What a person does

    async def mute(self, source: str, muted: bool) -> None:
        """Mute or unmute an own source."""
        (self.media.muted.add if muted else self.media.muted.discard)(source)
        await self._send({"type": "mute", "source": source, "muted": muted})

    async def say(self, text: str) -> None:
        """Write a line into the chat. It goes out as soon as there is a connection."""
        await self._send(*self.chat.say(text, time.monotonic()))

    async def send(self, message: Message) -> None:
        """Say anything else; lost without a connection."""
        await self._send(message)

    async def leave(self) -> None:
        """Leave as by the button."""
        self.ended = "left"
        await self._send({"type": "leave"})
        await self.media.close()
        self._wake.set()

    def vanish(self) -> None:
        """End as a browser that is killed: not a word more, not even to the media worker."""
        self.ended = "vanished"
        self.media.vanish()
        if self._signalling is not None:
            self._signalling.abort()
            self._signalling = None

    # The socket

    async def run(self) -> None:
        """Take part until the call has ended for this person."""
        stepping = asyncio.create_task(self._keep_stepping())
        try:
            while not self.ended:
                await self._visit()
                if not self.ended:
                    await self._sleep(pause(self._attempt))
                    self._attempt += 1
        finally:
            stepping.cancel()
            await asyncio.gather(stepping, *self._closing, return_exceptions=True)
            if self.ended != "vanished":
                await self.media.close()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _visit(self) -> None:
        """Use one socket until it ends."""
        door = self.door
        signalling = WebSocketSignalling(door.socket, door.origin, door.cookie, self.port)
        try:
            async with asyncio.timeout(WELCOME_SECONDS):
                self._sockets += 1
                await signalling.join(self.name, door.pass_, self._resume, self._sockets)
                while self._signalling is None:
                    await self._receive(signalling, await signalling.receive())
            while True:
                await self._receive(signalling, await signalling.receive())
        except (OSError, TimeoutError, websockets.InvalidHandshake, Reopen) as exc:
            code = getattr(getattr(exc.__cause__, "rcvd", None), "code", 1006)
            self.closed.append(code)
            if code in FINAL and not self.ended:
                self.ended = f"closed {code}"
        finally:
            self._signalling = None
            self._state_due = float("inf")
            self.media.doubt()
            # A dead socket takes long to close.
            closing = asyncio.create_task(signalling.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _send(self, *messages: Message) -> None:
        """Send, or drop what nobody can take now: it is said again after the next welcome."""
        for message in messages:
            if self._signalling is not None:
                with contextlib.suppress(ConnectionError):
                    await self._signalling.send(message)

    # What is due

    async def _keep_stepping(self) -> None:
        while True:
            await asyncio.sleep(STEP_SECONDS)
            now = time.monotonic()
            await self._send(*self.chat.step(now))
            await self._send(*self.media.step(now, self.online))
            await self.media.clear()
            self._show(now)
            if self.online and self._state_due == float("inf") and self.media.wants_state(now):
                self._expect_state(now, 0.0)
            if now >= self._state_due:
                await self._ask_state(now)

    def _expect_state(self, now: float, within: float = STATE_SECONDS) -> None:
        self._asked, self._state_due = 0, now + within

    async def _ask_state(self, now: float) -> None:
        self._asked += 1
        self._state_due = now + min(20.0, STATE_SECONDS * 2**self._asked)
        if self._asked > SILENT_AFTER and self._signalling is not None:
            self._signalling.abort()
        else:
            await self._send({"type": "snapshot"})

    # What is said to it

    async def _receive(self, signalling: WebSocketSignalling, message: Message) -> None:
        now, kind = time.monotonic(), message["type"]
        if kind == "welcome":
            self._signalling = signalling
            self._welcome(message, now)
            await self._send(*self.chat.connected(message["chat_number"], now))
        elif kind == "room_state":
            self._room_state(message, now)
        elif kind in NUMBERED:
            self._room_event(message, now)
        elif kind == "answer":
            await self.media.accept(message)
        elif kind in ("slot_bound", "slot_paused"):
            self.media.told(message)
        elif kind == "chat_line":
            await self._send(*self.chat.receive([message], False, now))
        elif kind == "chat_lines":
            await self._send(*self.chat.receive(message["lines"], message["more"], now))
        else:
            await self._trouble(message, now)

    def _welcome(self, message: Message, now: float) -> None:
        self.id, self._resume = message["participant"], message["resume"]
        self.role, self.publish = message["role"], message["publish"]
        for source in self.media.muted:
            self._board.muted.add(f"{self.id}:{source}")
        self._attempt, self._fresh = 0, True
        self._expect_state(now)

    async def _trouble(self, message: Message, now: float) -> None:
        kind = message["type"]
        if kind == "worker_lost":
            self._note(now, "worker_lost", "")
            self.media.doubt()
            self._expect_state(now)
        elif kind == "error":
            self._note(now, "error", message["code"])
            if nonce := message.get("nonce"):
                await self._send(*self.chat.refuse(nonce, message["code"], now))
            if message["code"].startswith("refused:"):
                self.ended = message["code"]
        elif kind == "role":
            self._note(now, "role", message["role"])
            self.role, self.publish = message["role"], message["publish"]
        elif kind == "removed":
            if message["why"] == "timeout":
                raise Reopen
            self.ended = message["why"]
        elif kind == "refused":
            if message["code"] == "not_in_room":
                raise Reopen
            if message["command"] == "offer":
                self.media.refused(now)

    def _room_state(self, state: Message, now: float) -> None:
        self.room.take_state(state)
        self.state_at, self._state_due = now, float("inf")
        self.media.enter(state, self._fresh)
        self._fresh = False
        self._shown.enter(state["epoch"], now)
        self._know(now)

    def _room_event(self, event: Message, now: float) -> None:
        if self.room.take_event(event):
            self._know(now)
        elif self.room.epoch and self._state_due == float("inf"):
            self._expect_state(now, 0.0)

    def _know(self, now: float) -> None:
        """Act on what the room is now."""
        self.media.tracks(self.room.tracks)
        self._show(now)
        for track in self.room.tracks.values():
            if track["id"] in self._board.muted and not track["muted"]:
                self._note(now, "unmuted", track["id"])

    def _show(self, now: float) -> None:
        came, left = self._shown.take(set(self.room.people), now)
        for person in came:
            self._note(now, "joined", person)
        for person in left:
            self._note(now, "left", person)

    def _note(self, now: float, what: str, who: str) -> None:
        self.news.append(News(now, what, who))
