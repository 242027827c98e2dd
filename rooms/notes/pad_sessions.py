"""Sessions in Etherpad: they let one browser into the pad of one room, until they are deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rooms.models import PadSession, Room
from rooms.notes.etherpad_api import NotThere
from rooms.notes.pads import Etherpad

# Longer than any call. A session that was forgotten ends by itself.
LASTS = timedelta(hours=13)

# A session that ends sooner is replaced when the notes are opened again.
SOON = timedelta(hours=1)

COOKIE = "sessionID"

# A browser may have the pads of several rooms open. Etherpad looks through all in the cookie.
MOST_IN_COOKIE = 8


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose session it is. With ``key`` they came by a notes link, and ``person`` may be unknown.

    ``write``: they were given the address to write.
    """

    person: str
    key: str = ""
    write: bool = False

    def __str__(self) -> str:
        """As in ``PadSession.person``."""
        return f"{self.person}.{self.key}" if self.key else f"{self.person}{'!' * self.write}"

    @classmethod
    def parse(cls, text: str) -> Owner:
        """The inverse. Whether a link lets one write is told by its key."""
        person, dot, key = text.partition(".")
        return cls(person, key) if dot else cls(person.rstrip("!"), write=person.endswith("!"))


def enter(
    etherpad: Etherpad, room: Room, owner: Owner, name: str, cookie: str, now: datetime
) -> str:
    """Let somebody into the room's pad; return the new value of their cookie.

    ``cookie`` is its value so far. Call ``ensure`` first. Raises PadUnavailable.
    """
    before = [part for part in cookie.strip('"').split(",") if part.startswith("s.")]
    mine = PadSession.objects.filter(room_id=room.pk, person=str(owner), until__gt=now + SOON)
    row = mine.filter(session__in=before[:MOST_IN_COOKIE]).first()
    session = row.session if row is not None else _create(etherpad, room, owner, name, now)
    others = [each for each in before if each != session]
    return ",".join([session, *others][:MOST_IN_COOKIE])


def _create(etherpad: Etherpad, room: Room, owner: Owner, name: str, now: datetime) -> str:
    # The colour and the name in the pad belong to the author, and an author to a person.
    mapper = {"authorMapper": f"{room.pk} {owner.person}"} if owner.person else {}
    function = "createAuthorIfNotExistsFor" if mapper else "createAuthor"
    author = str(etherpad.api.call(function, **mapper, name=name)["authorID"])
    until = now + LASTS
    answer = etherpad.api.call(
        "createSession",
        groupID=room.pad_group,
        authorID=author,
        validUntil=str(int(until.timestamp())),
    )
    session = str(answer["sessionID"])
    PadSession.objects.create(room_id=room.pk, person=str(owner), session=session, until=until)
    return session


def end(etherpad: Etherpad, sessions: Iterable[PadSession]) -> None:
    """End these sessions. A row stays until Etherpad has confirmed it. Raises PadUnavailable."""
    for row in sessions:
        try:
            etherpad.api.call("deleteSession", sessionID=row.session)
        except NotThere:
            pass  # it has ended by itself
        row.delete()
