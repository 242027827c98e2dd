"""The tables: rooms, invites, arrivals, bans, backgrounds, records, other sites and posts."""

from rooms.models.hours import OpeningHours, Weekday
from rooms.models.invite import Admission, Arrival, Ban, Invite, new_token
from rooms.models.parts import Repeat, SignIn
from rooms.models.post import Post
from rooms.models.record import Attendance, Call, ChatLine, NotesUpdate
from rooms.models.room import Background, Room, new_notes_key
from rooms.models.sites import Response, Rsvp, SiteProfile, Webmention

# The migrations import the two functions from here.
__all__ = [
    "Admission",
    "Arrival",
    "Attendance",
    "Background",
    "Ban",
    "Call",
    "ChatLine",
    "Invite",
    "NotesUpdate",
    "OpeningHours",
    "Post",
    "Repeat",
    "Response",
    "Room",
    "Rsvp",
    "SignIn",
    "SiteProfile",
    "Webmention",
    "Weekday",
    "new_notes_key",
    "new_token",
]
