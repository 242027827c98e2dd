"""What hosts decide about people and their room during a call. The only writer of ``Decision``.

Every act is a row first. ``rooms.entry.rights`` compares the rows with what each seat was given, so
an act holds although the message about it was lost, the worker has changed, or everything was
restarted. What is returned is who should hear of it at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from rooms.entry import decided, facts, passes
from rooms.entry.admission import rights_today
from rooms.entry.removal import NotAllowed, NotHere
from rooms.models import Arrival, Decision, Room
from rooms.roles import HELD, Grant, Role


@dataclass(frozen=True, slots=True)
class Host:
    """The person who decides: their grant as it is now, and the name that others read."""

    room: Room
    grant: Grant
    person: str
    name: str


class NotNow(Exception):
    """It does not apply to this person; the text is a code of ``rooms.consumers.texts``."""


def hold(host: Host, participant: str, source: str) -> list[str]:
    """Mute somebody, or stop their camera or screen. They may start it again by themselves."""
    target = _target(host, participant)
    if not host.grant.may_hold(target.role):
        raise NotAllowed
    _change(host, target.person, target.name, held=[source])
    return [participant]


def mute_all(host: Host, participants: Iterable[str], *, keep: bool) -> list[str]:
    """Mute everyone but the hosts. ``keep``: nobody but hosts may unmute without being asked."""
    rights = rights_today(host.room.slug, participants, timezone.now())
    found = _people(host.room, rights)
    muted = []
    with transaction.atomic():
        if keep:
            Room.objects.filter(pk=host.room.pk).update(mics_held=True)
            Decision.objects.filter(room=host.room).update(may_speak=False)
        for participant, right in rights.items():
            guest = isinstance(right, Grant) and not right.moderate
            if guest and found[participant].person != host.person:
                who = found[participant]
                _change(host, who.person, who.name, held=["microphone"])
                muted.append(participant)
    return muted


def let_speak(host: Host) -> None:
    """Everyone may unmute themselves again. Nobody is unmuted by that."""
    Room.objects.filter(pk=host.room.pk).update(mics_held=False)
    Decision.objects.filter(room=host.room).update(may_speak=False)


def ask(host: Host, participant: str, source: str) -> list[str]:
    """Let somebody start a source again, also if everyone is muted. They have to do it."""
    target = _target(host, participant)
    if not host.grant.may_hold(target.role):
        raise NotAllowed
    if source == "microphone":
        _change(host, target.person, target.name, may_speak=True)
    return [participant]


def set_role(host: Host, participant: str, role: Role) -> list[str]:
    """Give somebody another role. It holds for this room until a host gives them another one."""
    target = _target(host, participant)
    if target.person == host.person or not host.grant.may_change(target.role, role):
        raise NotAllowed
    _change(host, target.person, target.name, role=role)
    return [participant]


def rename(host: Host, participant: str, name: str) -> list[str]:
    """Give a name to a guest who gave none."""
    target = _target(host, participant)
    name = passes.clean_name(name)
    if not target.unnamed or not name:
        raise NotNow("rename_named" if not target.unnamed else "rename_empty")
    _change(host, target.person, name, given_name=name)
    return [participant]


def lock(host: Host, locked: bool) -> None:
    """Let no one new in, or let them in again. People in the call stay."""
    Room.objects.filter(pk=host.room.pk).update(locked=locked)


def end_call(host: Host) -> None:
    """End the call for everyone: whoever came in before this moment is out."""
    Room.objects.filter(pk=host.room.pk).update(ended=timezone.now())


def decide(host: Host, person: str, name: str, admitted: str) -> None:
    """Admit or refuse somebody who waits."""
    _change(host, person, name, admitted=admitted)


def may_lower_hand(host: Host, participant: str) -> bool:
    """Whether the host may lower the hand of this participant. Raises NotHere."""
    return host.grant.may_hold(_target(host, participant).role)


def start(room: int, person: str, source: str, seen: int) -> bool:
    """The person starts a held source again. False: they have not heard of the newest act yet.

    ``seen`` is the number of the act that they answer.
    """
    with transaction.atomic():
        row = Decision.objects.select_for_update().filter(room=room, person=person).first()
        number = decided.numbers(row).get(source, 0)
        if row is None or not number:
            return True
        if seen < number:
            return False
        setattr(row, f"held_{source}", 0)
        row.save(update_fields=[f"held_{source}"])
    return True


def last_host(room: int, person: str) -> str:
    """The name of the host who decided last about this person."""
    row = Decision.objects.filter(room=room, person=person).first()
    return row.by if row is not None else ""


def given_name(room: int, person: str) -> str:
    """The name that a host gave to somebody without one; empty: none."""
    row = Decision.objects.filter(room=room, person=person).first()
    return row.given_name if row is not None else ""


def held_in(slug: str, participants: Iterable[str]) -> dict[str, list[str]]:
    """The sources of each participant of a room that are held, as the worker needs them."""
    arrivals = list(Arrival.objects.filter(room__slug=slug, participant__in=set(participants)))
    now = timezone.now()
    of = [
        passes.Pass(a.room_id, Role(a.role), a.invite_id, a.person, user=a.user, me=a.me)
        for a in arrivals
    ]
    found: dict[str, list[str]] = {}
    for arrival, verdict in zip(
        arrivals, facts.current_grants(of, now, rejoining=True), strict=True
    ):
        if isinstance(verdict, Grant):
            found[arrival.participant] = verdict.silenced
    return found


# One person


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody in the call, with the role that they have today."""

    person: str
    name: str
    role: Role
    unnamed: bool


def _target(host: Host, participant: str) -> Target:
    right = rights_today(host.room.slug, [participant], timezone.now()).get(participant)
    found = _people(host.room, [participant]).get(participant)
    if found is None:
        raise NotHere
    role = right.role if isinstance(right, Grant) else Role(found.role)
    return Target(found.person, found.name, role, found.unnamed)


def _people(room: Room, participants: Iterable[str]) -> dict[str, Arrival]:
    """The newest arrival of each."""
    rows = Arrival.objects.filter(room=room, participant__in=list(participants)).order_by("since")
    return {row.participant: row for row in rows}


def _change(
    host: Host, person: str, name: str, *, held: Iterable[str] = (), **fields: object
) -> None:
    """Write down one act. Of two hosts at the same moment, the second one counts."""
    now: datetime = timezone.now()
    with transaction.atomic():
        Decision.objects.get_or_create(
            room=host.room, person=person, defaults={"name": name, "by": host.name}
        )
        row = Decision.objects.select_for_update().get(room=host.room, person=person)
        row.number += 1
        for source in held:
            assert source in HELD
            setattr(row, f"held_{source}", row.number)
            if source == "microphone":
                row.may_speak = False
        for field, value in fields.items():
            setattr(row, field, value)
        row.by, row.changed = host.name, now
        row.name = name or row.name
        row.save()
