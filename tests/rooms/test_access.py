"""The rules of access: every person in every state, in the documented order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import pytest

from rooms.entry.access import Refusal, invite_grant, needs_host, place, user_grant, visitor_grant
from rooms.entry.hours import Week
from rooms.roles import Grant, Role, VisitorPolicy

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Room:
    visitors: str = VisitorPolicy.NOTHING
    locked: bool = False
    closed: bool = False
    opens: datetime | None = None
    closes: datetime | None = None
    repeats: str = ""
    week: Week = ()
    opens_with_owner: bool = False
    waiting_room: str = ""
    max_people: int = 3
    sign_in: str = ""
    admitted_domains: str = ""
    banned_domains: str = ""


@dataclass(frozen=True)
class Invite:
    role: str = Role.SPEAKER
    not_before: datetime | None = None
    expires: datetime | None = None
    uses_left: int | None = None
    revoked: bool = False
    stopped: bool = False


STATES: dict[str, Room] = {
    "open": Room(),
    "locked": Room(locked=True),
    "not open yet": Room(opens=NOW + HOUR),
    "closed": Room(closed=True),
    "past its end": Room(closes=NOW),
    "open every week": Room(opens=NOW - 21 * DAY, closes=NOW - 21 * DAY + HOUR, repeats="weekly"),
    "between two weekly calls": Room(
        opens=NOW - 21 * DAY - HOUR, closes=NOW - 21 * DAY, repeats="weekly"
    ),
    "in its hours": Room(week=((4, time(18), time(19)),)),
    "out of its hours": Room(week=((4, time(17), time(18)),)),
    "in its hours after its end": Room(closes=NOW, week=((4, time(18), time(19)),)),
}

POLICIES = {"nothing": VisitorPolicy.NOTHING, "listen": VisitorPolicy.LISTEN}

IN, CLOSED, EARLY, LOCKED = "in", Refusal.room_closed, Refusal.room_not_open, Refusal.room_locked
# One row per person, one column per state above.
TABLE: dict[str, list[object]] = {
    "owner": [IN, IN, IN, CLOSED, CLOSED, IN, IN, IN, IN, CLOSED],
    "moderator": [IN, IN, IN, CLOSED, CLOSED, IN, IN, IN, IN, CLOSED],
    "speaker": [IN, LOCKED, EARLY, CLOSED, CLOSED, IN, EARLY, IN, EARLY, CLOSED],
    "listener": [IN, LOCKED, EARLY, CLOSED, CLOSED, IN, EARLY, IN, EARLY, CLOSED],
    "speaker who was in a moment ago": [
        IN,
        IN,
        EARLY,
        CLOSED,
        CLOSED,
        IN,
        EARLY,
        IN,
        EARLY,
        CLOSED,
    ],
    "speaker who was removed": [Refusal.removed] * 10,
    "staff user": [IN, IN, IN, CLOSED, CLOSED, IN, IN, IN, IN, CLOSED],
    "user who is not staff": [Refusal.not_found] * 10,
    "stranger where visitors may do nothing": [Refusal.not_found] * 10,
    "removed stranger where visitors may do nothing": [Refusal.not_found] * 10,
    "visitor who may listen": [IN, LOCKED, EARLY, CLOSED, CLOSED, IN, EARLY, IN, EARLY, CLOSED],
    "visitor who may speak": [IN, LOCKED, EARLY, CLOSED, CLOSED, IN, EARLY, IN, EARLY, CLOSED],
    "visitor who was removed": [Refusal.removed] * 10,
}


def ask(person: str, room: Room) -> Grant | Refusal:
    if person == "staff user" or person == "user who is not staff":
        return user_grant(room, is_staff=person == "staff user", now=NOW)
    if "stranger" in person or "visitor" in person:
        policy = next((p for word, p in POLICIES.items() if word in person), VisitorPolicy.SPEAK)
        return visitor_grant(replace(room, visitors=policy), banned="removed" in person, now=NOW)
    invite = Invite(role=person.split(maxsplit=1)[0])
    rejoining = "moment ago" in person
    return invite_grant(
        room,
        invite,
        person_admitted=rejoining,
        banned="removed" in person,
        now=NOW,
        rejoining=rejoining,
    )


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("person", TABLE)
def test_each_person_gets_what_the_table_says(person: str, state: str) -> None:
    verdict = ask(person, STATES[state])
    expected = TABLE[person][list(STATES).index(state)]
    assert (IN if isinstance(verdict, Grant) else verdict) == expected


@pytest.mark.parametrize(
    ("invite", "admitted", "expected"),
    [
        (Invite(revoked=True), False, Refusal.invite_revoked),
        (Invite(revoked=True), True, Refusal.invite_revoked),
        (Invite(expires=NOW), False, Refusal.invite_expired),
        (Invite(expires=NOW), True, Refusal.invite_expired),
        (Invite(expires=NOW + HOUR), False, Grant(Role.SPEAKER)),
        (Invite(uses_left=0), False, Refusal.invite_used_up),
        (Invite(uses_left=0), True, Grant(Role.SPEAKER)),
        (Invite(stopped=True), False, Refusal.invite_stopped),
        (Invite(stopped=True), True, Grant(Role.SPEAKER)),
        (Invite(stopped=True, uses_left=0), False, Refusal.invite_stopped),
        (Invite(stopped=True, expires=NOW), False, Refusal.invite_expired),
        (Invite(uses_left=1), False, Grant(Role.SPEAKER)),
        (Invite(not_before=NOW + HOUR), False, Refusal.invite_not_yet),
        (Invite(not_before=NOW), False, Grant(Role.SPEAKER)),
        (Invite(revoked=True, expires=NOW, uses_left=0), False, Refusal.invite_revoked),
        (Invite(expires=NOW, uses_left=0), False, Refusal.invite_expired),
    ],
)
def test_an_invite_is_checked_in_the_written_order(
    invite: Invite, admitted: bool, expected: Grant | Refusal
) -> None:
    assert invite_grant(Room(), invite, person_admitted=admitted, banned=False, now=NOW) == expected


def test_a_bad_invite_does_not_tell_that_the_room_is_closed() -> None:
    verdict = invite_grant(
        Room(closed=True), Invite(revoked=True), person_admitted=False, banned=False, now=NOW
    )
    assert verdict is Refusal.invite_revoked


def test_a_full_room_has_a_place_for_moderators_only() -> None:
    assert place(Room(), Grant(Role.SPEAKER), 2) == Grant(Role.SPEAKER)
    assert place(Room(), Grant(Role.SPEAKER), 3) is Refusal.room_full
    assert place(Room(), Grant(Role.MODERATOR), 3) == Grant(Role.MODERATOR)


@pytest.mark.parametrize("role", Role)
def test_a_room_that_opens_with_its_host_needs_one_for_guests(role: Role) -> None:
    guest = role in (Role.SPEAKER, Role.LISTENER)
    assert needs_host(Room(opens_with_owner=True), Grant(role)) is guest
    assert not needs_host(Room(), Grant(role))


def test_visitors_get_the_role_that_the_room_gives_them() -> None:
    assert visitor_grant(Room(visitors=VisitorPolicy.LISTEN), banned=False, now=NOW) == Grant(
        Role.LISTENER
    )
    assert visitor_grant(Room(visitors=VisitorPolicy.SPEAK), banned=False, now=NOW) == Grant(
        Role.SPEAKER
    )


# Who may remove whom: a row for the person who asks, a column for the other one.
OTHERS = [Role.OWNER, Role.MODERATOR, Role.SPEAKER, Role.LISTENER]
PEOPLE = {
    Role.OWNER: [False, True, True, True],
    Role.MODERATOR: [False, False, True, True],
    Role.SPEAKER: [False] * 4,
    Role.LISTENER: [False] * 4,
}
STREAMS = PEOPLE | {Role.OWNER: [True] * 4}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("role", OTHERS)
def test_each_role_may_remove_whom_the_table_says(role: Role, other: Role) -> None:
    assert Grant(role).may_remove(other) == PEOPLE[role][OTHERS.index(other)]
    assert Grant(role).may_remove(other, stream=True) == STREAMS[role][OTHERS.index(other)]


def test_every_refusal_has_its_status() -> None:
    assert {refusal.name: refusal.status for refusal in Refusal} == {
        "not_found": 404,
        "removed": 403,
        "invite_revoked": 410,
        "invite_expired": 410,
        "invite_used_up": 410,
        "invite_not_yet": 403,
        "room_closed": 410,
        "room_not_open": 403,
        "room_locked": 423,
        "room_full": 503,
        "invite_stopped": 410,
        "sign_in_needed": 403,
        "host_away": 403,
        "not_admitted": 403,
        "call_ended": 410,
    }
