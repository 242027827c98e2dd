"""What a pass is worth now: the thin edge between passes, tables and ``rooms.entry.access``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone

from rooms.entry import decided
from rooms.entry.access import Refusal, invite_grant, must_wait, user_grant, visitor_grant
from rooms.entry.passes import Pass
from rooms.entry.steady_clock import steady_now
from rooms.models import Admission, Admitted, Ban, Decision, Invite, Room
from rooms.roles import Grant


def now_for(rejoining: bool) -> datetime:
    """Who is in a call keeps their place when this server's clock is moved."""
    return steady_now() if rejoining else timezone.now()


def current_grant(
    pass_: Pass, now: datetime | None = None, *, rejoining: bool = False
) -> Grant | Refusal:
    """What a pass is worth now, counting bans, revoked invites and closed rooms.

    Changes nothing.
    """
    [verdict] = current_grants([pass_], now, rejoining=rejoining)
    return verdict


def current_grants(
    passes: Sequence[Pass], now: datetime | None = None, *, rejoining: bool = False
) -> list[Grant | Refusal]:
    """``current_grant`` of many passes, with as many queries as for one."""
    facts = Facts.about(passes)
    now = now or now_for(rejoining)
    return [facts.verdict(pass_, now, rejoining=rejoining) for pass_ in passes]


@dataclass(frozen=True, slots=True)
class RoomNow:
    """What everyone in a call sees of the room's settings; hosts change them in the call.

    ``ended`` changes whenever a host ends the call for everyone.
    """

    locked: bool = False
    mics_held: bool = False
    waiting_room: str = ""
    ended: str = ""

    @classmethod
    def of(cls, room: Room) -> RoomNow:
        """Of the room as it was read."""
        ended = room.ended.isoformat() if room.ended is not None else ""
        return cls(room.locked, room.mics_held, room.waiting_room, ended)


NO_SETTINGS = RoomNow()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a pass is worth at this moment, and the settings of its room.

    ``waits``: they may come in once a host has let them in. ``name`` is what a host called somebody
    who gave no name.
    """

    verdict: Grant | Refusal
    room: RoomNow
    waits: bool = False
    name: str = ""


def standings(
    passes: Sequence[Pass], now: datetime | None = None, *, rejoining: bool = False
) -> list[Standing]:
    """As ``current_grants``, with what surrounds each of them."""
    facts = Facts.about(passes)
    now = now or now_for(rejoining)
    return [facts.standing(pass_, now, rejoining=rejoining) for pass_ in passes]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the tables say about some passes."""

    rooms: dict[int, Room]
    invites: dict[int, Invite]
    admitted: set[tuple[int, str]]
    banned: set[tuple[int, str]]  # by room: people, and the sites that they signed in with
    staff: set[int]
    decisions: dict[tuple[int, str], Decision]

    @classmethod
    def about(cls, passes: Sequence[Pass]) -> Facts:
        """Read them."""
        people = {p.person for p in passes}
        rooms = Room.objects.prefetch_related("hours").in_bulk({p.room for p in passes})
        invites = Invite.objects.in_bulk({p.invite for p in passes if p.invite is not None})
        came_in = Admission.objects.filter(invite__in=invites, person__in=people)
        sites = {p.me for p in passes if p.me}
        bans = Ban.objects.filter(Q(person__in=people) | Q(me__in=sites), room__in=rooms)
        decisions = Decision.objects.filter(room__in=rooms, person__in=people)
        users = {p.user for p in passes if p.user is not None}
        staff = get_user_model().objects.filter(pk__in=users, is_staff=True, is_active=True)
        return cls(
            rooms,
            invites,
            set(came_in.values_list("invite", "person")) if invites else set(),
            {
                (room, key)
                for room, *keys in bans.values_list("room", "person", "me")
                for key in keys
                if key
            },
            set(staff.values_list("pk", flat=True)) if users else set(),
            {(row.room_id, row.person): row for row in decisions},
        )

    def standing(self, pass_: Pass, now: datetime, *, rejoining: bool = False) -> Standing:
        """Of one of the passes."""
        verdict = self.verdict(pass_, now, rejoining=rejoining)
        room = self.rooms.get(pass_.room)
        if room is None:
            return Standing(verdict, NO_SETTINGS)
        decision = self.decisions.get((room.pk, pass_.person))
        waits = (
            not rejoining
            and isinstance(verdict, Grant)
            and must_wait(room, verdict, invited=pass_.invite is not None, me=pass_.me)
            and not decided.was_admitted(decision, now)
        )
        name = decision.given_name if decision is not None else ""
        return Standing(verdict, RoomNow.of(room), waits, name)

    def verdict(self, pass_: Pass, now: datetime, *, rejoining: bool = False) -> Grant | Refusal:
        """What one of the passes is worth, with what the hosts have decided about the person."""
        room = self.rooms.get(pass_.room)
        if room is None:
            return Refusal.not_found
        decision = self.decisions.get((room.pk, pass_.person))
        return decided.apply(room, self._before_decisions(room, pass_, now, rejoining), decision)

    def shut_out(self, pass_: Pass) -> Refusal | None:
        """Why somebody may not even use a link that lets anyone in."""
        if pass_.user is not None:
            return None
        if {(pass_.room, pass_.person), (pass_.room, pass_.me)} & self.banned:
            return Refusal.removed
        decision = self.decisions.get((pass_.room, pass_.person))
        refused = decision is not None and decision.admitted == Admitted.REFUSED
        return Refusal.not_admitted if refused else None

    def _before_decisions(
        self, room: Room, pass_: Pass, now: datetime, rejoining: bool
    ) -> Grant | Refusal:
        if pass_.user is not None:
            return user_grant(room, is_staff=pass_.user in self.staff, now=now)
        banned = bool({(pass_.room, pass_.person), (pass_.room, pass_.me)} & self.banned)
        if pass_.invite is None:
            return visitor_grant(room, banned=banned, now=now, rejoining=rejoining, me=pass_.me)
        invite = self.invites.get(pass_.invite)
        if invite is None or invite.room_id != room.pk:
            return Refusal.not_found
        return invite_grant(
            room,
            invite,
            person_admitted=(invite.pk, pass_.person) in self.admitted,
            banned=banned,
            now=now,
            rejoining=rejoining,
            me=pass_.me,
        )
