"""Rooms for tests."""

from __future__ import annotations

from tools.product import Confcall


def room(confcall: Confcall, slug: str, role: str = "speaker") -> str:
    """A room made for one test; returns the link of an invite."""
    code = (
        "from rooms.models import Room, Invite\n"
        f"defaults = {{'title': {slug.title()!r}}}\n"
        f"room, _ = Room.objects.get_or_create(slug={slug!r}, defaults=defaults)\n"
        f"print(Invite.objects.create(room=room, role={role!r}).get_absolute_url())"
    )
    return confcall.url + confcall.shell(code).splitlines()[-1]
