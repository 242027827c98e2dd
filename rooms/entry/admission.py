"""Letting people in: what is written down then, and who came in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from rooms import chat
from rooms.entry.access import Refusal
from rooms.entry.facts import current_grant, current_grants, now_for
from rooms.entry.passes import MAX_AGE, Pass
from rooms.models import Admission, Arrival, Ban, Call, Invite, Room
from rooms.roles import Grant, Role
from sfu_worker import wire

# How long we know who came in: longer than any pass that is not renewed.
KEPT = MAX_AGE + timedelta(hours=1)


def admit(
    pass_: Pass,
    name: str,
    now: datetime | None = None,
    *,
    rejoining: bool = False,
    participant: str = "",
    kind: wire.Kind = "call",
    unnamed: bool = False,
) -> Grant | Refusal:
    """As ``current_grant``, and admit them: each person uses up an invite once.

    Opening a link costs nothing, because chat programs fetch links for previews; joining does.
    ``participant`` is the person's id in the call from now on. With it, the person behind the
    participant is recorded, see ``rooms.entry.removal``.
    """
    now = now or now_for(rejoining)
    with transaction.atomic():
        if pass_.invite is not None:
            # Two people with the last use of an invite queue here; the second sees it used up.
            Invite.objects.select_for_update().filter(pk=pass_.invite).first()
        verdict = current_grant(pass_, now, rejoining=rejoining)
        if isinstance(verdict, Grant) and pass_.invite is not None:
            _count(pass_.invite, pass_.person, name, now)
        if isinstance(verdict, Grant) and participant:
            _write_down(pass_, verdict, participant, name, kind, now, unnamed)
    return verdict


def _write_down(
    pass_: Pass,
    grant: Grant,
    participant: str,
    name: str,
    kind: wire.Kind,
    now: datetime,
    unnamed: bool,
) -> None:
    """Record the person, one row for each invite: their role by another invite still counts."""
    rows = Arrival.objects.filter(participant=participant, invite=pass_.invite)
    today = {
        "name": name,
        "unnamed": unnamed,
        "role": grant.role,
        "user": pass_.user,
        "me": pass_.me,
        "since": now,
    }
    if not rows.update(**today):
        Arrival.objects.create(
            room_id=pass_.room,
            participant=participant,
            person=pass_.person,
            invite_id=pass_.invite,
            kind=kind,
            **today,
            # They stay newcomers to what was written before, however often they come back.
            chat_from=chat.last_number(pass_.room),
        )


def _count(invite: int, person: str, name: str, now: datetime) -> None:
    row = Invite.objects.filter(pk=invite)
    _, first = Admission.objects.update_or_create(
        invite_id=invite,
        person=person,
        defaults={"name": name},
        create_defaults={"name": name, "first": now},
    )
    if first:
        row.filter(uses_left__gt=0).update(uses_left=F("uses_left") - 1)
    row.update(last_used=now)


def forget_arrivals(now: datetime) -> int:
    """Forget old arrivals; return how many.

    Rooms with a running call are left out, because somebody may stay in one for days.
    """
    old = Arrival.objects.filter(since__lt=now - KEPT).exclude(
        room__calls__in=Call.objects.filter(ended=None)
    )
    return old.delete()[0]


def rooms_with_streams() -> list[str]:
    """The rooms that streams or viewers entered lately."""
    return _rooms_of(Arrival.objects.exclude(kind="call"))


def rooms_with_people() -> list[str]:
    """The rooms that people entered lately from a call page."""
    return _rooms_of(Arrival.objects.filter(kind="call"))


def _rooms_of(arrivals: QuerySet[Arrival]) -> list[str]:
    rooms = Room.objects.filter(Exists(arrivals.filter(room=OuterRef("pk"))))
    return list(rooms.values_list("slug", flat=True))


def streams_in(slug: str) -> list[str]:
    """The participants of a room's streams and viewers. Some of them have left already."""
    arrivals = Arrival.objects.exclude(kind="call").filter(room__slug=slug)
    return list(arrivals.values_list("participant", flat=True))


def streams_without_right(slug: str, now: datetime) -> list[str]:
    """The participants of a room's streams and viewers that have lost their right.

    Pages ask for themselves; nothing asks for these. Some of them have left already.
    """
    arrivals = Arrival.objects.exclude(kind="call").filter(room__slug=slug)
    rows = list(arrivals.values_list("participant", "kind", "room", "invite", "person"))
    passes = [Pass(room, Role.LISTENER, invite, person) for *_, room, invite, person in rows]
    gone = []
    for (participant, kind, *_), verdict in zip(
        rows, current_grants(passes, now, rejoining=True), strict=True
    ):
        if isinstance(verdict, Refusal) or (kind == "whip" and not verdict.publish):
            gone.append(participant)
    return gone


def rights_today(
    slug: str, participants: Iterable[str], now: datetime
) -> dict[str, Grant | Refusal]:
    """What each of a room's people may do, by the best of their invites or their account."""
    rows = Arrival.objects.filter(kind="call", room__slug=slug, participant__in=set(participants))
    arrivals = list(rows)
    passes = [
        Pass(a.room_id, Role(a.role), a.invite_id, a.person, user=a.user, me=a.me) for a in arrivals
    ]
    best: dict[str, Grant | Refusal] = {}
    verdicts = current_grants(passes, now, rejoining=True)
    for arrival, verdict in zip(arrivals, verdicts, strict=True):
        before = best.get(arrival.participant)
        if not isinstance(before, Grant) or (isinstance(verdict, Grant) and not before.publish):
            best[arrival.participant] = verdict
    return best


def invite_verdict(
    room: Room,
    invite: Invite,
    person: str,
    now: datetime,
    *,
    rejoining: bool = False,
    me: str = "",
) -> Grant | Refusal:
    """What an invite is worth for a person; ``person`` is ``""`` if they have no id yet."""
    pass_ = Pass(room.pk, Role(invite.role), invite.pk, person, me=me)
    return current_grant(pass_, now, rejoining=rejoining)


def was_removed(pass_: Pass) -> bool:
    """Whether a ban applies to the holder of this pass, as a person or by their site.

    Asked after they have come in: the ban may have been written meanwhile.
    """
    bans = Ban.objects.filter(Q(person=pass_.person) | Q(me=pass_.me, me__gt=""), room=pass_.room)
    return pass_.user is None and bans.exists()
