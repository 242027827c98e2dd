"""What a fault has cost: the list is empty if nothing was lost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tools.faults.caller import Caller
from tools.faults.company import Company, until
from tools.faults.site import LIMIT_SECONDS

# Between two looks at what has not settled yet.
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Before:
    """What is true of a caller before a fault."""

    caller: Caller
    id: str
    role: str
    made: int
    lost: int


class Losses:
    """Make it before a fault; ``await found()`` after it.

    ``expected`` are the ids of those who are meant to come or go meanwhile.
    """

    def __init__(self, company: Company) -> None:
        self.company = company
        self.at = time.monotonic()
        self.expected: set[str] = set()
        self._before = [
            Before(one, one.id, one.role, one.media.made, one.media.lost) for one in company.present
        ]
        self._tracebacks = len(company.site.tracebacks())
        company.measure()

    async def found(self, *, unbroken: bool = False) -> list[str]:
        """Wait until everyone is back, then say what is not as before.

        ``unbroken``: no connection was made anew, and every packet that was sent has arrived.
        """
        company = self.company
        await until(lambda: all(one.online for one in company.present), company.story)
        try:
            await company.receive()
            # What everyone reads is compared when nothing new comes.
            await company.hush()
            await company.states()
        except TimeoutError as exc:
            return [str(exc), *self._at_once(unbroken)]
        end = time.monotonic() + LIMIT_SECONDS
        while (found := self._later()) and time.monotonic() < end:
            await asyncio.sleep(LOOK_SECONDS)
            await company.states()
        return found + self._at_once(unbroken)

    def _later(self) -> list[str]:
        """What may take a moment to be as it was."""
        company, found = self.company, []
        ids = company.ids
        for one in company.present:
            if sorted(one.room.people) != ids:
                found.append(f"{one.name} is shown {sorted(one.room.people)} instead of {ids}")
            published = {
                f"{other.id}:{source}"
                for other in company.present
                for source in ("microphone", "camera")
                if other.publish
            }
            if set(one.room.tracks) != published:
                found.append(f"{one.name} is shown the tracks {sorted(one.room.tracks)}")
            muted = {name for name, track in one.room.tracks.items() if track["muted"]}
            if muted != company.board.muted & published:
                found.append(f"{one.name} is told that {sorted(muted)} are muted")
            if one.chat.pending:
                found.append(f"{one.chat.pending} lines of {one.name} have no answer")
        chats = {tuple(sorted(one.chat.lines.items())[-20:]) for one in company.present}
        if len(chats) > 1:
            found.append(f"the chat is not the same for all: {chats}")
        return found

    def _at_once(self, unbroken: bool) -> list[str]:
        """What cannot be mended by waiting."""
        found = []
        for before in self._before:
            found += self._of(before)
            if unbroken:
                found += self._breaks(before)
        tracebacks = self.company.site.tracebacks()[self._tracebacks :]
        return found + tracebacks

    def _of(self, before: Before) -> list[str]:
        one, found = before.caller, []
        if one.ended in ("left", "vanished"):
            return []
        if one.ended:
            found.append(f"the call of {one.name} has ended: {one.ended}")
        if (one.id, one.role) != (before.id, before.role):
            found.append(f"{one.name} was {before.id}, {before.role}: now {one.id}, {one.role}")
        for news in one.news:
            told = news.what in ("joined", "left", "unmuted", "role")
            line = f"{one.name} was told: {news.what} {news.who}"
            if news.at >= self.at and told and news.who not in self.expected:
                found += [line] if line not in found else []
        if one.room.doubles:
            found.append(f"{one.name} was shown {one.room.doubles} twice")
        return found + self._of_chat(one)

    def _of_chat(self, one: Caller) -> list[str]:
        found = []
        texts = [one.chat.lines[number] for number in sorted(one.chat.lines)]
        mine = [text for text in texts if text.startswith(f"{one.name} says ")]
        if mine != one.chat.acknowledged:
            found.append(f"{one.name} wrote {one.chat.acknowledged}, and reads {mine}")
        if one.chat.contradictions or len(texts) != len(set(texts)):
            found.append(f"{one.name} reads lines twice: {one.chat.contradictions}")
        if one.chat.refused:
            found.append(f"lines of {one.name} were refused: {one.chat.refused}")
        return found

    def _breaks(self, before: Before) -> list[str]:
        one, found = before.caller, []
        if one.media.made != before.made:
            found.append(f"{one.name} has made {one.media.made - before.made} new connections")
        if one.media.lost > before.lost:
            found.append(f"{one.name} has lost {one.media.lost - before.lost} packets")
        return found
