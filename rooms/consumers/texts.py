"""What the WebSockets say to people: what happened and what to do next, by the code of the ``error``."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ERRORS: dict[str, str | Promise] = {
    "bad_message": _("This page and the server do not understand each other. Reload the page."),
    "chat_empty": _("There is nothing to see in this message."),
    "chat_long": _("This message is longer than 2,000 characters. Shorten it or send it in parts."),
    "too_fast": _("Too much at once from this page. Wait a moment, then reload it."),
    "chat_too_fast": _("Too many lines at once. Wait a moment, then send it again."),
    "busy": _("The server has too much to do. Try again in a moment."),
    "forbidden": _(
        "As a listener you can hear and see, and write in the chat, but not speak. Ask the host for another link."
    ),
    "not_here": _("They are not in the call any more."),
    "remove_unasked": _("Only those who run the room can remove somebody. Ask one of them."),
    "remove_forbidden": _(
        "You cannot remove them: they run the room too, or it is you in another tab."
    ),
    "remove_unheard": _(
        "They cannot come in again, but the call could not be reached to end it for them. Try again in a moment."
    ),
    "link_none": _("There is no link that lets others in any more. Ask the host to invite them."),
    "link_locked": _("Link copied. The room is locked: nobody new gets in until it is unlocked."),
    "link_early": _("Link copied. It lets people in when the room opens."),
    "unavailable": _(
        "The call cannot be reached right now. It comes back by itself; nothing is lost."
    ),
    "late": _("The page took too long to come in. Reload it."),
    "refused:not_found": _(
        "This link does not lead into this room any more. Open your invite again."
    ),
    "refused:removed": _("The host has removed you from this room."),
    "refused:closed": _("The call has ended."),
    "refused:replaced": _(
        "You have joined from another tab of this browser. You can bring the call back here."
    ),
    "refused:timeout": _("The connection was away for too long. Join again."),
    "refused:invite_revoked": _("This invite was withdrawn. Ask for a new one."),
    "refused:invite_stopped": _("This link lets nobody new in any more. Ask for a new one."),
    "refused:invite_expired": _("This invite has expired. Ask for a new one."),
    "refused:invite_used_up": _("This invite was used as often as it may be. Ask for a new one."),
    "refused:invite_not_yet": _("This invite is not valid yet. Come back later."),
    "refused:room_closed": _("The call has ended."),
    "refused:room_not_open": _("The room is not open yet. Come back later."),
    "refused:room_locked": _("The host has locked the room. Ask to be let in, or come back later."),
    "refused:room_full": _("The room is full. Try again when somebody has left."),
}


def text(code: str) -> str:
    """The words for a code; a general one for a code that has none."""
    return str(ERRORS.get(code, ERRORS["unavailable"]))
