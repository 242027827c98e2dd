"""The record of calls, written from the workers' Redis stream.

Each event may come more than once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from rooms.models import Attendance, Call, Room

# A call whose room is not kept alive for this long has ended: its worker died without saying so.
LOST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class CallEvent:
    """``event`` is started, peak or ended; ``people`` were in the room at that moment."""

    room: str
    epoch: str
    event: str
    at: datetime
    people: int


def parse(fields: Mapping[bytes, bytes]) -> CallEvent | None:
    """An entry of the stream; None if it is malformed, which must not stop the others."""
    try:
        at = datetime.fromtimestamp(float(fields[b"at"]), UTC)
        room, epoch, event = (fields[name].decode() for name in (b"room", b"epoch", b"event"))
        people = int(fields[b"people"])
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    known = (
        event in ("started", "peak", "ended") and 0 < len(epoch) <= 40 and 0 <= people <= 100_000
    )
    return CallEvent(room, epoch, event, at, people) if known else None


def record(event: CallEvent) -> Call | None:
    """Record an event. Order and repetition do not matter. None: the room is gone."""
    with transaction.atomic():
        room = Room.objects.select_for_update().only("pk").filter(slug=event.room).first()
        if room is None:
            return None
        call, _ = Call.objects.get_or_create(
            epoch=event.epoch, defaults={"room": room, "started": event.at}
        )
        # Not the earliest of all times: the worker's clock may have been put back since.
        if event.event == "started":
            call.started = event.at
        call.most_people = max(call.most_people, event.people)
        if event.event == "ended":
            call.ended = event.at
        if call.ended is not None:
            call.ended = max(call.started, call.ended)
        call.save()
    return call


def running() -> list[Call]:
    """The calls that have not ended as far as we know."""
    return list(Call.objects.filter(ended=None).select_related("room"))


def end_lost(missing: Mapping[int, float], now: datetime, at: float) -> list[int]:
    """End the calls that were missing long enough, and return them.

    A call that has moved to another worker goes on there under another epoch, and stays one call.

    ``missing`` maps primary keys to the time since when they are missing. That and ``at`` are in
    seconds of a monotonic clock: ``now`` may have been set since.
    """
    lost = [pk for pk, since in missing.items() if at - since > LOST_SECONDS]
    for pk in lost:
        ended = now - timedelta(seconds=at - missing[pk])
        with transaction.atomic():
            call = Call.objects.select_for_update().filter(pk=pk, ended=None).first()
            if call is not None and not _goes_on(call, ended):
                call.ended = max(call.started, ended)
                call.save(update_fields=["ended"])
    return lost


def _goes_on(call: Call, since: datetime) -> bool:
    """Whether a call that is missing ``since`` is found to go on; then the two become one."""
    later = Call.objects.select_for_update().filter(room=call.room_id, pk__gt=call.pk)
    other = later.filter(Q(ended=None) | Q(ended__gte=since)).order_by("pk").first()
    if other is None:
        return False
    other.started = min(call.started, other.started)
    other.most_people = max(call.most_people, other.most_people)
    other.save(update_fields=["started", "most_people"])
    _move_attendances(call, other)
    call.posts.update(call=other)
    call.delete()
    return True


def _move_attendances(call: Call, other: Call) -> None:
    """Each person gets one row. They left when they left ``other``, if they were in it."""
    again = {row.participant: row for row in other.attendances.all()}
    both = []
    for row in call.attendances.filter(participant__in=again):
        again[row.participant].came = min(row.came, again[row.participant].came)
        both.append(again[row.participant])
    Attendance.objects.bulk_update(both, ["came"], batch_size=200)
    call.attendances.exclude(participant__in=again).update(call=other)
    if other.ended is not None:
        other.attendances.filter(left=None).update(left=other.ended)


def missing_since(
    before: Mapping[int, float], calls: Iterable[Call], alive: Mapping[str, str], at: float
) -> dict[int, float]:
    """Since when each running call has been missing. ``alive`` maps slugs to current epochs."""
    return {
        call.pk: before.get(call.pk, at)
        for call in calls
        if alive.get(call.room.slug) != call.epoch
    }
