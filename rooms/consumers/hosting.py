"""What hosts do with the people in the call and with the room, and everyone's reactions.

An act is written down, then the worker and the people concerned hear of it at once. If a message
about it is lost, ``rooms.entry.rights`` notices within a second. No answer follows: everyone sees
what has changed.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from channels.exceptions import ChannelFull

from rooms import database
from rooms.consumers import host_messages, messages
from rooms.consumers.limits import TokenBucket
from rooms.consumers.notes_links import NotesLinks
from rooms.entry import decisions, removal
from rooms.entry.acting import reaching
from rooms.entry.decisions import Host
from rooms.entry.rights import rights
from rooms.models import Admitted
from rooms.roles import Role
from rooms.workers import sfu, waiting
from rooms.workers.layer import AWAY
from sfu_worker import wire

logger = logging.getLogger(__name__)


class Hosting(NotesLinks):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A click may be repeated; more than this is a program.
        self._reactions = TokenBucket(rate=2, burst=6)
        self._questions = TokenBucket(rate=0.5, burst=10)

    # About one person

    async def on_hold(self, message: host_messages.Hold) -> None:
        await self._decide(partial(decisions.hold, source=message.source), message.participant)

    async def on_ask(self, message: host_messages.Ask) -> None:
        """Ask somebody to start a source. If the question is lost, the host asks again."""
        if not self._questions.take(time.monotonic()):
            return await self._error("too_fast", "ask_too_fast")
        act = partial(decisions.ask, source=message.source)
        asked = await self._decide(act, message.participant)
        question = {"type": "asked_by_host", "source": message.source, "by": self._me.name}
        await reaching.tell_pages(self._slug, asked, question)

    async def on_set_role(self, message: host_messages.SetRole) -> None:
        act = partial(decisions.set_role, role=Role(message.role))
        await self._decide(act, message.participant)

    async def on_rename(self, message: host_messages.Rename) -> None:
        await self._decide(partial(decisions.rename, name=message.name), message.participant)

    async def on_lower_hand(self, message: host_messages.LowerHand) -> None:
        """Lower somebody's hand. Their page hears of it first, or it would raise it again."""
        host = await self._host()
        if host is None:
            return
        who = message.participant
        if not await self._allowed(partial(decisions.may_lower_hand, host, who)):
            return
        told = {"type": "hand_lowered_by_host", "by": self._me.name}
        await reaching.tell_pages(self._slug, [who], told)
        await self._command(wire.Hand(self._slug, who, raised=False))

    # About everyone

    async def on_mute_all(self, message: host_messages.MuteAll) -> None:
        host = await self._host()
        if host is None:
            return
        people = list(await sfu.people_in(self._slug))
        muted = await database.run(decisions.mute_all, host, people, keep=message.keep)
        await self._reach(muted)

    async def on_let_speak(self, message: host_messages.LetSpeak) -> None:
        await self._settle(decisions.let_speak)

    async def on_lock(self, message: host_messages.Lock) -> None:
        await self._settle(decisions.lock, message.locked)

    async def on_end_call(self, message: host_messages.EndCall) -> None:
        if await self._settle(decisions.end_call):
            await self._command(wire.CloseRoom(self._slug))

    async def on_admit(self, message: host_messages.Admit) -> None:
        await self._answer_waiters(message.participant, Admitted.ADMITTED)

    async def on_refuse(self, message: host_messages.Refuse) -> None:
        await self._answer_waiters(message.participant, Admitted.REFUSED)

    async def _answer_waiters(self, participant: str, answer: Admitted) -> None:
        """Admit or refuse one, or admit everyone. Somebody who has gone needs no answer."""
        host = await self._host()
        if host is None:
            return
        people = await waiting.in_room(self._slug)
        chosen = [each for each in people if participant in ("", each.participant)]
        if participant and not chosen:
            return await self._error("not_here")
        for waiter in chosen:
            await database.run(decisions.decide, host, waiter.person, waiter.name, answer)
            with contextlib.suppress(*AWAY, ChannelFull):  # they look once a second
                await self.channel_layer.send(waiter.channel, {"type": "rights_changed"})

    async def on_reaction(self, message: host_messages.Reaction) -> None:
        """A reaction is for this moment: one that is lost is not sent again."""
        if not self._reactions.take(time.monotonic()):
            return
        body = {"participant": self._me.participant, "kind": message.kind}
        try:
            await self.channel_layer.group_send(
                wire.room_group(self._slug), {"type": "reaction", "body": body}
            )
        except (*AWAY, ChannelFull) as exc:
            logger.debug("x a reaction was not sent: %s", exc)

    # From the channel layer

    async def reaction(self, message: dict[str, Any]) -> None:
        if not self._over and self._welcomed:
            await self._tell({"type": "reaction", **message["body"]})

    async def asked_by_host(self, message: dict[str, Any]) -> None:
        if not self._over:
            await self._tell({"type": "asked", "source": message["source"], "by": message["by"]})

    async def hand_lowered_by_host(self, message: dict[str, Any]) -> None:
        if not self._over:
            await self._tell({"type": "hand_lowered", "by": message["by"]})

    # One's own

    async def on_mute(self, message: messages.Mute) -> None:
        """Mute or unmute one's own track. One that a host holds is released first."""
        source = "screen" if message.source == "screen-audio" else message.source
        if message.muted or source not in self._me.grant.held:
            return await self._mute(message)
        if source in self._me.grant.bound:
            return await self._error("held")
        if not self._beside(partial(self._start, message, source)):
            await self._error("busy")

    async def _start(self, message: messages.Mute, source: str) -> None:
        me = self._me
        try:
            started = await database.run(
                decisions.start, me.room.pk, me.pass_.person, source, message.seen
            )
            # Otherwise their page has yet to hear of the host's act, and mutes itself then.
            if started and await self._bring_up_to_date():
                await self._mute(message)
        except database.Busy as exc:
            logger.info("x a held source was not started: %s", exc)
            await self._error("busy")
        except sfu.Unavailable as exc:
            logger.debug("x Mute: %s", exc)  # the page tells it again

    async def _mute(self, message: messages.Mute) -> None:
        me = self._me
        command = wire.Mute(self._slug, me.participant, message.source, message.muted)
        await self._ask(command)

    # How an act is done

    async def _host(self) -> Host | None:
        """The sender as a host, with the rights that they have now. None: they were told."""
        grant = await self._moderator("host_only")
        if grant is None:
            return None
        return Host(self._me.room, grant, self._me.pass_.person, self._me.name)

    async def _decide(self, act: Callable[..., list[str]], participant: str) -> list[str]:
        """Do this about one person; return who has to hear of it."""
        host = await self._host()
        if host is None:
            return []
        done: list[str] = []

        def run() -> bool:
            done.extend(act(host, participant))
            return True

        if await self._allowed(run):
            await self._reach(done)
        return done

    async def _allowed(self, act: Callable[[], bool]) -> bool:
        """Do it. False: it was not allowed, and they were told why."""
        try:
            if await database.run(act):
                return True
            await self._error("forbidden", "host_forbidden")
        except removal.NotAllowed:
            await self._error("forbidden", "host_forbidden")
        except removal.NotHere:
            await self._error("not_here")
        except decisions.NotNow as exc:
            await self._error("forbidden", str(exc))
        return False

    async def _settle(self, act: Callable[..., None], *args: object) -> bool:
        """Change a setting of the room. The pages hear of it with the next look at the rights."""
        host = await self._host()
        if host is None:
            return False
        await database.run(act, host, *args)
        rights().hurry()
        return True

    async def _reach(self, participants: Iterable[str]) -> None:
        """Media that is held ends now; then the pages hear why."""
        participants = list(participants)
        await reaching.hold(self._slug, participants, self._command)
        if len(participants) > 1:
            rights().hurry()
        else:
            await reaching.tell_pages(self._slug, participants, {"type": "rights_changed"})
