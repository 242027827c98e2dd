"""Removing somebody from a call for good: the one way to do it, whoever asks.

The ban is written before the worker ends the media: a client that is cut off comes back at once, and must find it. A stream
has no WebSocket that could write it, so whoever removes does.
"""

from __future__ import annotations

from collections.abc import Iterable

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from django.db import transaction
from django.db.models import QuerySet

from rooms import sfu
from rooms.models import Arrival, Ban, Invite, Room
from rooms.roles import Grant, Role
from sfu_worker import wire

NEWEST = 20
"""A person may have more than one tab open, and all of them end. Which of its arrivals are still here only the worker knows, so
it is told of the newest ones; for whoever has opened more tabs than that it takes a second click."""


class NotAllowed(Exception):
    """The rule of ``Grant.may_remove`` says no, or it is whoever asks."""


class NotHere(Exception):
    """Nobody with this id came into this room, or long ago."""


async def remove(room: Room, grant: Grant, participant: str, by: str = "") -> None:
    """Ban the person behind ``participant`` and end its media. ``by`` is the person that asks, with ``grant``.

    Raises NotAllowed, NotHere, and sfu.Unavailable where the ban counts, but the worker could not be told.
    """
    await _end(room.slug, await database_sync_to_async(ban)(room, grant, participant, by))


def remove_now(room: Room, grant: Grant, participant: str) -> None:
    """``remove`` for synchronous code, such as the admin."""
    async_to_sync(_end)(room.slug, ban(room, grant, participant))


async def _end(slug: str, participants: Iterable[str]) -> None:
    worker = await sfu.worker_of(slug)
    if worker is not None:
        for each in participants:
            await sfu.send(worker, wire.Remove(slug, each))


def ban(room: Room, grant: Grant, participant: str, by: str = "") -> list[str]:
    """Write the ban; the participants that are this person, the named one first. Raises NotAllowed and NotHere."""
    with transaction.atomic():
        target = (
            Arrival.objects.select_related("invite")
            .filter(room=room, participant=participant)
            .first()
        )
        if target is None:
            raise NotHere
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
        newest = same.order_by("-since").values_list("participant", flat=True)[: NEWEST - 1]
        return [participant, *newest]


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
