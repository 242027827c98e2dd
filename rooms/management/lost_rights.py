"""A chore of the keeper: ends the media of those who have lost their right, and of streams."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

from rooms.entry import admission, decisions, removal
from rooms.entry.access import Refusal
from rooms.models import Room
from rooms.roles import Grant, Role
from rooms.workers import sfu
from rooms.workers.pulse import Live
from sfu_worker import wire

# A stream that has lost its right is told to go this often, in case its worker missed the first
# message. Nothing says whether it is still there, and its row stays for hours.
TELL_TIMES = 2
TELL_AGAIN_SECONDS = 30.0

# How long a page's own web process has to end a seat that lost its right: it says why.
PAGE_SECONDS = 3.0


class LostRights:
    """Remembers who was told, and since when somebody has had no right."""

    def __init__(self, client: Any) -> None:
        self._redis = client
        self._told: dict[str, list[float]] = {}
        self._held: dict[str, list[float]] = {}
        self._without_right: dict[str, float] = {}

    def end_streams(self, now: datetime, at: float) -> list[str]:
        """End the streams and viewers that have lost their right; return them.

        A page is told in words by its own web process, see ``rooms.entry.rights``.
        """
        before, self._told = self._told, {}
        told: list[str] = []
        for slug in admission.rooms_with_streams():
            if not self._redis.exists(wire.live_key(slug)):
                continue
            gone = admission.streams_without_right(slug, now)
            # Forget those who may be in again; if they lose their right once more, tell them anew.
            self._told |= {who: before[who] for who in gone if who in before}
            due = [who for who in gone if is_due(self._told.get(who, []), at)]
            if not due:
                continue
            with contextlib.suppress(sfu.Unavailable):
                removal.remove_now(Room(slug=slug), due)
                for who in due:
                    self._told.setdefault(who, []).append(at)
                told += due
        return told

    def hold_streams(self, at: float) -> list[str]:
        """Hold the sources of streams that a host has muted or stopped; return the streams.

        The host's own process does so at once, but its message may be lost.
        """
        before, self._held = self._held, {}
        told: list[str] = []
        for slug in admission.rooms_with_streams():
            if not self._redis.exists(wire.live_key(slug)):
                continue
            for who, held in decisions.held_in(slug, admission.streams_in(slug)).items():
                if not held:
                    continue
                self._held[who] = before.get(who, [])
                if is_due(self._held[who], at):
                    with contextlib.suppress(sfu.Unavailable):
                        sfu.send_to_room_now(slug, wire.Hold(slug, who, held))
                        self._held[who] = [*self._held[who], at]
                        told.append(who)
        return told

    def end_seats(self, now: datetime, at: float) -> list[str]:
        """End the media of people in calls who have lost their right; return them.

        The page's web process does so first, and with words. But media goes on without it: if the
        page has lost its WebSocket, nothing else asks. This is repeated while they are in. People
        without a WebSocket who may only listen now, or of whom a host holds a source, are silenced.
        """
        before, self._without_right = self._without_right, {}
        told: list[str] = []
        slugs = admission.rooms_with_people()
        reports = self._redis.mget([wire.live_key(slug) for slug in slugs]) if slugs else []
        for slug, raw in zip(slugs, reports, strict=True):
            live = Live.parse(raw)
            if live is None or not live.channels:
                continue
            rights = admission.rights_today(slug, live.channels, now)
            lost = [who for who, right in rights.items() if isinstance(right, Refusal)]
            listeners = {
                who: live.channels[who]
                for who, right in rights.items()
                if isinstance(right, Grant) and not right.publish
            }
            for who in self._without_page(listeners):
                with contextlib.suppress(sfu.Unavailable):
                    sfu.send_to_room_now(slug, wire.Silence(slug, who, Role.LISTENER))
            held = {
                who: right.silenced
                for who, right in rights.items()
                if isinstance(right, Grant) and right.silenced
            }
            for who in self._without_page({who: live.channels[who] for who in held}):
                with contextlib.suppress(sfu.Unavailable):
                    sfu.send_to_room_now(slug, wire.Hold(slug, who, held[who]))
            self._without_right |= {who: before.get(who, at) for who in lost}
            due = [who for who in lost if at - self._without_right[who] >= PAGE_SECONDS]
            if due:
                with contextlib.suppress(sfu.Unavailable):
                    removal.remove_now(Room(slug=slug), due)
                    told += due
        return told

    def _without_page(self, channels: dict[str, str]) -> list[str]:
        """Those whose channel no web process lists among its open pages."""
        pipe = self._redis.pipeline(transaction=False)
        for channel in channels.values():
            pipe.hexists(wire.web_key(channel.partition("!")[0]), channel)
        open_ = pipe.execute() if channels else []
        return [who for who, listed in zip(channels, open_, strict=True) if not listed]


def is_due(told: list[float], at: float) -> bool:
    """Whether a stream that was told to go at these times must be told again."""
    return not told or (len(told) < TELL_TIMES and at - told[-1] >= TELL_AGAIN_SECONDS)
