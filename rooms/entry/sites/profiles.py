"""What the others in a call see of somebody who has signed in with their own site."""

from __future__ import annotations

from dataclasses import dataclass

from rooms.entry.passes import Pass
from rooms.models import Room, SignIn, SiteProfile


@dataclass(frozen=True, slots=True)
class Face:
    """``link`` is the person's site, and ``photo`` a path of ours; each may be empty."""

    link: str = ""
    photo: str = ""


NO_FACE = Face()


def face(room: Room, pass_: Pass) -> Face:
    """From what their pass proves. Nothing if the room has no signing in any more."""
    if not pass_.me or not offered(room):
        return NO_FACE
    profile = SiteProfile.objects.filter(me=pass_.me).first()
    return Face(pass_.me, profile.photo.url if profile and profile.photo else "")


def offered(room: Room) -> bool:
    """Whether people can sign in: the room says so, or admits people of some sites."""
    return room.sign_in != SignIn.OFF or bool(room.admitted_domains)
