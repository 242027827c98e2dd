"""The tables: rooms, who comes in, what hosts decide, backgrounds, records, other sites, posts."""

from rooms.models.calendar import Occasion, ScheduledBackground
from rooms.models.decision import Admitted, Decision
from rooms.models.hours import OpeningHours, Weekday
from rooms.models.invite import Admission, Arrival, Ban, Invite, new_token
from rooms.models.owner import Device, Site
from rooms.models.parts import Repeat, SignIn, WaitingRoom
from rooms.models.post import Post
from rooms.models.record import (
    Attendance,
    Call,
    ChatLine,
    NotesAuthor,
    NotesUpdate,
    NotesVersion,
    PadSession,
)
from rooms.models.room import Background, Room, new_notes_key
from rooms.models.sites import Response, Rsvp, SiteProfile, Webmention

# The migrations import the two functions from here.
__all__ = [
    "Admission",
    "Admitted",
    "Arrival",
    "Attendance",
    "Background",
    "Ban",
    "Call",
    "ChatLine",
    "Decision",
    "Device",
    "Invite",
    "NotesAuthor",
    "NotesUpdate",
    "NotesVersion",
    "Occasion",
    "OpeningHours",
    "PadSession",
    "Post",
    "Repeat",
    "Response",
    "Room",
    "Rsvp",
    "ScheduledBackground",
    "SignIn",
    "Site",
    "SiteProfile",
    "WaitingRoom",
    "Webmention",
    "Weekday",
    "new_notes_key",
    "new_token",
]
