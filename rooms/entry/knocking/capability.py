"""The signed link in a message to an owner. Whoever has it may answer those who wait, for an hour.

It says which room and nothing more: no account, and no person who waits.
"""

from __future__ import annotations

from django.core import signing
from django.urls import reverse

from rooms.entry.sharing import absolute
from rooms.models import Room

SALT = "confcall.admit"
SIGNED_SECONDS = 3600


def link(room: Room) -> str:
    """To the page that admits."""
    return absolute(reverse("admit", args=[_turned(signing.dumps(room.pk, salt=SALT))]))


def room_of(signed: str) -> Room | None:
    """The room that this link is for, if it is still good."""
    try:
        pk = signing.loads(_turned(signed), salt=SALT, max_age=SIGNED_SECONDS)
    except signing.BadSignature:
        return None
    return Room.objects.filter(pk=pk).first() if isinstance(pk, int) else None


def _turned(signed: str) -> str:
    """With the signature first, or back again. So ``confcall.logs`` sees what it has to mask."""
    return ":".join(reversed(signed.split(":")))
