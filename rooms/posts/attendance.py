"""Who was in a call, and when: written from what the workers report, not from messages.

Each round compares the people whom a live report lists with the rows of people who have not left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max, Q
from django.db.models.functions import Greatest

from rooms.models import Arrival, Attendance, Call
from rooms.roles import Role

# The person who begins a call is let in this long before its worker says so, at most.
EARLY = timedelta(seconds=30)

# How long somebody counts as present whom no report listed: a little more than a round.
UNSEEN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class InCall:
    """The participants that a call's worker reports at this moment."""

    call: Call
    participants: Collection[str]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a participant: who they were when they were last let in."""

    name: str
    role: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What the rows of a call lack, by participant."""

    came: list[str]
    back: list[str]
    left: list[str]


def compare(present: Collection[str], rows: Mapping[str, bool]) -> Changes:
    """``rows`` maps participants to whether they have left. Pure."""
    return Changes(
        came=[who for who in present if who not in rows],
        back=[who for who in present if rows.get(who, False)],
        left=[who for who, gone in rows.items() if not gone and who not in present],
    )


def came_at(since: datetime, started: datetime, now: datetime) -> datetime:
    """When somebody came who was let in at ``since``, or is first seen ``now``. Pure.

    A time outside the call is that of an earlier call, or of another machine's wrong clock.
    """
    return max(since, started) if started - EARLY <= since <= now else max(now, started)


def update(calls: Iterable[InCall], now: datetime) -> None:
    """Bring the rows of these running calls in line with the reports.

    The number of queries does not depend on how many calls and people there are; without calls
    there is none.
    """
    present = {inside.call.pk: inside for inside in calls}
    if not present:
        return
    rows: dict[int, dict[str, bool]] = {pk: {} for pk in present}
    for pk, who, left in Attendance.objects.filter(call__in=present).values_list(
        "call", "participant", "left"
    ):
        rows[pk][who] = left is not None
    changes = {pk: compare(present[pk].participants, rows[pk]) for pk in present}
    _write(changes, "left", left=Greatest(F("came"), now))
    _write(changes, "back", left=None)
    new = [present[pk].call for pk, change in changes.items() if change.came]
    if not new:
        return
    known = _arrivals(new, {who for change in changes.values() for who in change.came})
    Attendance.objects.bulk_create(
        (
            _row(call, who, found, came_at(found.since, call.started, now))
            for call in new
            for who in changes[call.pk].came
            if (found := known.get((call.room_id, who))) is not None
        ),
        ignore_conflicts=True,  # another keeper may write the same
    )


def finish(call: Call) -> None:
    """Complete the rows of a call that has ended.

    People who came and went between two rounds are known by their arrival alone. It is written
    before the worker admits them, so in a full room it may be that of somebody who was refused.
    """
    if call.ended is None:
        return
    Attendance.objects.filter(call=call, left=None).update(left=Greatest(F("came"), call.ended))
    seen = set(Attendance.objects.filter(call=call).values_list("participant", flat=True))
    if seen and call.most_people >= call.room.max_people:
        return
    missed = [
        _row(call, who, found, max(found.since, call.started))
        for (_room, who), found in _arrivals([call]).items()
        if who not in seen and _first_moment(call) < found.since <= call.ended
    ]
    for row in missed:
        row.left = min(row.came + UNSEEN, call.ended) if seen else call.ended
    Attendance.objects.bulk_create(missed, ignore_conflicts=True)


def unfinished(now: datetime) -> list[int]:
    """The calls that ended while no keeper ran, or just before."""
    open_ = Attendance.objects.filter(left=None).values("call")
    lately = Q(pk__in=open_) | Q(ended__gte=now - timedelta(hours=1))
    return list(Call.objects.filter(lately, ended__isnull=False).values_list("pk", flat=True))


def _first_moment(call: Call) -> datetime:
    """Arrivals up to this moment belong to an earlier call."""
    before = Call.objects.filter(room=call.room_id, ended__lte=call.started).exclude(pk=call.pk)
    last = before.aggregate(last=Max("ended"))["last"]
    early: datetime = call.started - EARLY
    return early if last is None else max(early, last)


def _write(changes: Mapping[int, Changes], which: str, **values: object) -> None:
    """Update the rows of the participants that the changes name, if there are any."""
    rows = Q()
    for pk, change in changes.items():
        if who := getattr(change, which):
            rows |= Q(call=pk, participant__in=who)
    if rows:
        Attendance.objects.filter(rows).update(**values)


def _row(call: Call, who: str, known: Known, came: datetime) -> Attendance:
    return Attendance(call=call, participant=who, name=known.name, role=known.role, came=came)


def _arrivals(
    calls: Collection[Call], participants: Collection[str] | None = None
) -> dict[tuple[int, str], Known]:
    """People by room and participant, with the highest role of their invites. No streams."""
    rows = Arrival.objects.filter(kind="call", room__in={call.room_id for call in calls})
    if participants is not None:
        rows = rows.filter(participant__in=participants)
    order = list(Role)
    found: dict[tuple[int, str], Known] = {}
    for room, who, name, role, since in rows.order_by("since").values_list(
        "room", "participant", "name", "role", "since"
    ):
        before = found.get((room, who))
        highest = min((role, before.role if before else role), key=lambda r: order.index(Role(r)))
        found[room, who] = Known(name, highest, since)
    return found
