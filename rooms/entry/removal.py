"""Removing somebody from a call for good: the only way to do it.

The ban is written before the worker ends the media, because a client that is cut off comes back at
once and must find the ban. A stream has no WebSocket, so the remover's process writes the ban.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from rooms.entry.notes_access import renew
from rooms.models import Arrival, Ban, Decision, Invite, Room
from rooms.roles import Grant, Role
from rooms.workers import sfu
from sfu_worker import wire

# How many names the dialog shows of those who came by the same link.
SHOWN = 5

# A person may have several tabs open, and all of them end. Only the worker knows which arrivals are
# still here, so it is told of the newest ones. More tabs than that take a second click.
NEWEST = 20


class NotAllowed(Exception):
    """``Grant.may_remove`` says no, or they would remove themselves."""


class NotHere(Exception):
    """Nobody with this id came into this room recently."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a removal did.

    ``participants`` were the person, the named one first. ``fresh`` is the invite that replaces the
    stopped one.
    """

    participants: list[str]
    fresh: Invite | None = None


async def remove(room: Room, participants: Iterable[str]) -> None:
    """End the media of somebody who was banned. Raises sfu.Unavailable; the ban holds anyway."""
    claim = await sfu.claim_of(room.slug)
    if claim is not None:
        for each in participants:
            await sfu.send(claim, wire.Remove(room.slug, each))


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
    """Ban the person behind ``participant``. ``by`` is the person who asks, with ``grant``.

    If they have signed in, everyone with the same site is the same person, and a private window
    of their browser does not help.

    ``stop_link``: the invite that they came by also lets no newcomers in, and the notes links
    that were handed out end. ``arrival`` selects one
    if they came by several invites; otherwise the newest counts. Raises NotAllowed and NotHere.
    """
    with transaction.atomic():
        target = _find(room, participant, arrival)
        # Anyone who is coming in by this invite now goes first or last, see admission.admit.
        if target.invite is not None:
            Invite.objects.select_for_update().filter(pk=target.invite.pk).first()
        who = Q(person=target.person) | Q(me=target.me, me__gt="")
        same = Arrival.objects.filter(who, room=room).exclude(pk=target.pk)
        oneself = target.person == by or same.filter(person=by).exists()
        if oneself or not _may_remove(grant, target, same):
            raise NotAllowed
        # A stream's key is an invite that people use too, and they were not removed.
        invite = target.invite if target.kind == "call" else None
        Ban.objects.update_or_create(
            room=room,
            person=target.person,
            defaults={"me": target.me} if target.me else {},
            create_defaults={"invite": invite, "name": target.name, "me": target.me},
        )
        fresh = stop(invite, timezone.now()) if stop_link and invite is not None else None
        if stop_link:
            renew(room.pk)
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


# The link that they came by


@dataclass(frozen=True, slots=True)
class Link:
    """What it would mean to stop somebody's link.

    ``state``: ``open`` (it lets newcomers in), ``closed`` (it does not), ``none`` (they came
    without an invite). ``others`` are the names of those who came by it too, the latest first;
    ``more`` is how many names are left out.
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
    """Stop an invite for newcomers; return the invite that replaces it.

    The new one has the limits that were left. None if the old one let no newcomers in anyway.
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
    """Whether the roles that their invites have today allow it. ``same``: their other arrivals.

    A second tab with a guests' link does not protect a moderator, nor does it expose one, unless
    the first invite was revoked.
    """
    stream = target.kind != "call"
    given = Decision.objects.filter(room=target.room, person=target.person).exclude(role="")
    role_now = given.values_list("role", flat=True).first()
    rights = {role_now or (target.invite.role if target.invite else target.role)}
    for role, today in (
        same.exclude(invite__revoked=True).order_by().values_list("role", "invite__role").distinct()
    ):
        rights.add(today or role)
    return all(grant.may_remove(Role(role), stream=stream) for role in rights)
