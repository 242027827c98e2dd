"""Removing somebody from a call for good: the one way to do it, whoever asks.

The ban is written before the worker ends the media: a client that is cut off comes back at once, and must find it. A stream
has no WebSocket that could write it, so whoever removes does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from rooms.models import Arrival, Ban, Invite, Room
from rooms.roles import Grant, Role
from rooms.workers import sfu
from sfu_worker import wire

# Names that the dialog shows of those who came by the same link.
SHOWN = 5

NEWEST = 20
"""A person may have more than one tab open, and all of them end. Which of its arrivals are still here only the worker knows, so
it is told of the newest ones; for whoever has opened more tabs than that it takes a second click."""


class NotAllowed(Exception):
    """The rule of ``Grant.may_remove`` says no, or it is whoever asks."""


class NotHere(Exception):
    """Nobody with this id came into this room, or long ago."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a removal did: the participants that were the person, the named one first; the invite
    that takes the place of the one that was stopped."""

    participants: list[str]
    fresh: Invite | None = None


async def remove(room: Room, participants: Iterable[str]) -> None:
    """End the media of somebody who was banned. Raises sfu.Unavailable: then the ban counts all the same."""
    worker = await sfu.worker_of(room.slug)
    if worker is not None:
        for each in participants:
            await sfu.send(worker, wire.Remove(room.slug, each))


def remove_now(room: Room, participants: Iterable[str]) -> None:
    """``remove`` for synchronous code, such as the admin."""
    async_to_sync(remove)(room, participants)


def ban(
    room: Room,
    grant: Grant,
    participant: str,
    by: str = "",
    *,
    stop_link: bool = False,
    arrival: int | None = None,
) -> Done:
    """Write the ban of the person behind ``participant``. ``by`` is the person who asks, with ``grant``.

    ``stop_link``: nobody new comes in by the invite that they came by, either. ``arrival``: the one
    that is meant, where somebody came by several invites; else the newest. Raises NotAllowed and NotHere.
    """
    with transaction.atomic():
        target = _find(room, participant, arrival)
        # Whoever is coming in by this invite right now goes first or last, see admission.admit.
        if target.invite is not None:
            Invite.objects.select_for_update().filter(pk=target.invite.pk).first()
        same = Arrival.objects.filter(room=room, person=target.person).exclude(pk=target.pk)
        if target.person == by or not _may_remove(grant, target, same):
            raise NotAllowed
        # The key of a stream is an invite that people use too: it was not they who were removed.
        invite = target.invite if target.kind == "call" else None
        Ban.objects.get_or_create(
            room=room, person=target.person, defaults={"invite": invite, "name": target.name}
        )
        fresh = stop(invite, timezone.now()) if stop_link and invite is not None else None
        others = same.exclude(participant=participant).values("participant")
        newest = others.annotate(last=Max("since")).order_by("-last")[: NEWEST - 1]
        return Done([participant, *(row["participant"] for row in newest)], fresh)


def _find(room: Room, participant: str, arrival: int | None = None) -> Arrival:
    """The newest arrival of ``participant``, or the one with the primary key ``arrival``."""
    arrivals = Arrival.objects.select_related("invite").filter(room=room, participant=participant)
    if arrival is not None:
        arrivals = arrivals.filter(pk=arrival)
    target = arrivals.order_by("-since").first()
    if target is None:
        raise NotHere
    return target


# The link that somebody came by


@dataclass(frozen=True, slots=True)
class Link:
    """What stopping somebody's link would mean.

    ``state``: ``open`` (it lets newcomers in), ``closed`` (it does not), ``none`` (they came without
    an invite). ``others`` are the names of those who came by it too, the last one first; ``more`` is
    how many there are beside these.
    """

    state: Literal["open", "closed", "none"]
    others: list[str]
    more: int = 0


def link_of(room: Room, participant: str, now: datetime) -> Link:
    """The link of somebody who may be removed. Raises NotHere."""
    target = _find(room, participant)
    if target.invite is None:
        return Link("none", [])
    banned = Ban.objects.filter(room=room).values("person")
    came = Arrival.objects.filter(room=room, invite=target.invite, kind="call")
    newest = came.exclude(person=target.person).exclude(person__in=banned).values("person")
    people = newest.annotate(last=Max("since"), called=Max("name")).order_by("-last")
    names = [row["called"] for row in people]
    good = Invite.objects.good(now).filter(pk=target.invite.pk).exists()
    return Link("open" if good else "closed", names[:SHOWN], max(0, len(names) - SHOWN))


def stop(invite: Invite, now: datetime) -> Invite | None:
    """Let nobody new in by an invite; the one that takes its place.

    None where nobody new came in by it any more anyway. Its copy has what was left of its limits.
    """
    if not Invite.objects.good(now).filter(pk=invite.pk).exists():
        return None
    Invite.objects.filter(pk=invite.pk).update(stopped=True)
    invite.refresh_from_db()
    return Invite.objects.create(
        room=invite.room,
        label=invite.label,
        role=invite.role,
        expires=invite.expires,
        uses_left=invite.uses_left,
    )


def _may_remove(grant: Grant, target: Arrival, same: QuerySet[Arrival]) -> bool:
    """By the roles that its invites have today. ``same`` are the person's other arrivals.

    Whoever opens a guests' link in a second tab is still who it is in the first, unless that right was taken away.
    """
    stream = target.kind != "call"
    rights = {target.invite.role if target.invite else target.role}
    for role, today in (
        same.exclude(invite__revoked=True).order_by().values_list("role", "invite__role").distinct()
    ):
        rights.add(today or role)
    return all(grant.may_remove(Role(role), stream=stream) for role in rights)
