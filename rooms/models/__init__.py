"""The tables: rooms, invites, arrivals, backgrounds, bans, chat lines, notes and calls."""

from rooms.models.invite import Admission, Arrival, Ban, Invite, new_token
from rooms.models.record import Call, ChatLine, NotesUpdate
from rooms.models.room import Background, Room, new_notes_key

# The migrations import the two functions from here.
__all__ = [
    "Admission",
    "Arrival",
    "Background",
    "Ban",
    "Call",
    "ChatLine",
    "Invite",
    "NotesUpdate",
    "Room",
    "new_notes_key",
    "new_token",
]
