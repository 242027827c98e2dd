"""The people in the calls, by name, and what an owner does about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from rooms.admin.home import cards
from rooms.entry import decisions, removal
from rooms.entry.acting import reaching, waiters
from rooms.entry.decisions import Host
from rooms.models import Admitted, Arrival, Decision, Room
from rooms.roles import Grant, Role
from rooms.workers import sfu
from rooms.workers.waiting import Waiter

if TYPE_CHECKING:
    from rooms.admin.bases import RoomModelAdmin


@dataclass(frozen=True, slots=True)
class Someone:
    """A person in a call. ``muted`` and ``stopped``: by a host."""

    participant: str
    name: str
    role: str
    muted: bool = False
    stopped: bool = False

    @property
    def said(self) -> str:
        """Their role and what a host has done, as the owner reads it."""
        parts = [str(Role(self.role).label)]
        parts += [_("muted by a host")] if self.muted else []
        parts += [_("camera stopped by a host")] if self.stopped else []
        return ", ".join(parts)

    @property
    def acts(self) -> list[tuple[str, str]]:
        """The buttons beside them: the act, and its words. Owners can only be muted."""
        found = [("mute", _("Mute")), ("stop", _("Stop camera"))]
        if self.role == Role.OWNER:
            return found
        roles = {
            Role.MODERATOR: _("Make moderator"),
            Role.SPEAKER: _("Make guest"),
            Role.LISTENER: _("Make listener"),
        }
        found += [(role.value, text) for role, text in roles.items() if role != self.role]
        return [*found, ("remove", _("Remove"))]


@dataclass(frozen=True, slots=True)
class Call:
    """A room with people in it, or with people who wait for it."""

    room: Room
    people: list[Someone]
    others: int = 0
    waiting: list[Waiter] = field(default_factory=list)


def calls() -> list[Call]:
    """The rooms in which something is going on. Raises sfu.Unavailable."""
    rooms = {room.slug: room for room in Room.objects.all()}
    counts, channels, waiting = async_to_sync(cards.ask)(list(rooms))
    busy = {slug for slug in rooms if counts.get(slug) or waiting.get(slug)}
    known = _people(each for slug in busy for each in channels.get(slug, ()))
    found = []
    for slug in busy:
        inside = [known[each] for each in channels.get(slug, ()) if each in known]
        others = max(0, counts.get(slug, 0) - len(inside))
        found.append(Call(rooms[slug], inside, others, waiting.get(slug, [])))
    return sorted(found, key=lambda call: call.room.title.casefold())


def _people(participants: Iterable[str]) -> dict[str, Someone]:
    wanted = list(participants)
    names = cards.names(wanted)
    rows = Arrival.objects.filter(participant__in=wanted, kind="call").select_related("invite")
    newest = {row.participant: row for row in rows.order_by("since")}
    decided = {
        (row.room_id, row.person): row
        for row in Decision.objects.filter(person__in={row.person for row in newest.values()})
    }
    found = {}
    for participant, row in newest.items():
        decision = decided.get((row.room_id, row.person))
        given = decision.role if decision is not None else ""
        role = given or (row.invite.role if row.invite else row.role)
        found[participant] = Someone(
            participant,
            names[participant],
            Role.OWNER if row.role == Role.OWNER else role,
            muted=bool(decision and decision.held_microphone),
            stopped=bool(decision and decision.held_camera),
        )
    return found


# What the buttons do

ONE: dict[str, Callable[[Host, str], list[str]]] = {
    "mute": lambda host, who: decisions.hold(host, who, "microphone"),
    "stop": lambda host, who: decisions.hold(host, who, "camera"),
    "moderator": lambda host, who: decisions.set_role(host, who, Role.MODERATOR),
    "speaker": lambda host, who: decisions.set_role(host, who, Role.SPEAKER),
    "listener": lambda host, who: decisions.set_role(host, who, Role.LISTENER),
}
ANSWERS = {"admit": Admitted.ADMITTED, "refuse": Admitted.REFUSED}
ALL = ("mute_all", "lock", "unlock")


def act_view(model_admin: RoomModelAdmin, request: HttpRequest) -> HttpResponse:
    """A button of the page. GET does nothing; a removal asks first."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    live = HttpResponseRedirect(reverse("admin:rooms_live"))
    if request.method != "POST":
        return live
    act, who = request.POST.get("act", ""), request.POST.get("participant", "")
    if not request.POST.get("room", "").isdecimal():
        return live
    room = get_object_or_404(Room, pk=request.POST["room"])
    if act == "remove" and "sure" not in request.POST:
        return _question(model_admin, request, room, who)
    if act == "remove" and not request.user.has_perm("rooms.add_ban"):
        raise PermissionDenied
    host = Host(room, Grant(Role.OWNER), f"user-{request.user.pk}", request.user.get_username())
    try:
        _act(host, act, who)
    except removal.NotAllowed:
        messages.error(request, _("They run the room, so this is not possible."))
    except removal.NotHere:
        messages.error(request, _("They have left the call."))
    except sfu.Unavailable:
        text = _("It is written down, but the media workers do not answer. It follows by itself.")
        messages.warning(request, text)
    return live


def _act(host: Host, act: str, who: str) -> None:
    """Write it down and tell the call. An unknown act does nothing."""
    slug = host.room.slug
    if act in ONE:
        reaching.reach_now(slug, ONE[act](host, who))
    elif act in ANSWERS:
        waiters.answer(host, who, ANSWERS[act])
    elif act == "remove":
        done = removal.ban(host.room, host.grant, who, host.person)
        removal.remove_now(host.room, done.participants)
    elif act == "mute_all":
        people = list(async_to_sync(sfu.people_in)(slug))
        muted = decisions.mute_all(host, people, keep=False)
        reaching.reach_now(slug, muted)
    elif act in ALL:
        decisions.lock(host, act == "lock")


def _question(
    model_admin: RoomModelAdmin, request: HttpRequest, room: Room, who: str
) -> HttpResponse:
    name = cards.names([who]).get(who) or _("Guest")
    context: dict[str, Any] = model_admin.admin_site.each_context(request) | {
        "title": _("Remove %(name)s") % {"name": name},
        "opts": model_admin.opts,
        "name": name,
        "room": room,
        "participant": who,
    }
    return TemplateResponse(request, "admin/rooms/room/remove.html", context)


def summary() -> dict[str, Any]:
    """For the template; ``away`` if Redis does not answer."""
    try:
        return {"calls": calls()}
    except sfu.Unavailable:
        return {"away": True}
