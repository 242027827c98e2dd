"""What the WebSockets tell people, by the code of the ``error``: what happened and what to do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ERRORS: dict[str, str | Promise] = {
    "bad_message": _("Something went wrong on this page. Reload the page."),
    "chat_empty": _("This message is empty."),
    "chat_long": _("This message is longer than 2,000 characters. Shorten it or send it in parts."),
    "chat_gone": _("This message was deleted, so it cannot be changed."),
    "chat_forbidden": _(
        "You can change only your own messages. Ask a host to change or delete this one."
    ),
    "too_fast": _("This page is sending too much at once. Wait a moment, then reload it."),
    "chat_too_fast": _("You are sending messages too quickly. Wait a moment, then try again."),
    "busy": _("The server is busy. Try again in a moment."),
    "forbidden": _(
        "As a listener you can watch, listen and chat, but not speak. "
        "Ask the host for another link."
    ),
    "not_here": _("This person is no longer in the call."),
    "remove_unasked": _("Only owners and moderators can remove people. Ask one of them."),
    "remove_forbidden": _("You cannot remove yourself, or someone else who runs the room."),
    "remove_unheard": _(
        "They cannot rejoin, but they may still be in the call because the media server did not "
        "answer. Try again in a moment."
    ),
    "host_only": _("Only owners and moderators can do this. Ask one of them."),
    "host_forbidden": _("You cannot do this to someone who runs the room, or to yourself."),
    "ask_too_fast": _("You are asking too often. Wait a moment, then ask again."),
    "rename_named": _("This person has chosen a name. Only people without one can be named."),
    "rename_empty": _("This name is empty. Type a name."),
    "waiting_full": _("Too many people are waiting to join. Try again later."),
    "held": _("The host has muted everyone. Raise your hand to ask to speak."),
    "link_none": _("There is no working link to copy. Ask the host to invite others."),
    "link_locked": _(
        "Link copied. The room is locked, so no one new can join until it is unlocked."
    ),
    "link_early": _("Link copied. It will work when the room opens."),
    "unavailable": _(
        "The call cannot be reached right now. This page keeps trying, and nothing is lost."
    ),
    "crowded": _(
        "The server is busy with other calls right now. This page keeps trying, and lets you in as "
        "soon as it can."
    ),
    "late": _("Joining took too long. Reload the page."),
    "refused:not_found": _("You no longer have access to this room. Open your invite link again."),
    "refused:removed": _("The host has removed you from this room."),
    "refused:closed": _("The call has ended."),
    "refused:replaced": _(
        "You joined from another tab of this browser. You can move the call back here."
    ),
    "refused:timeout": _("The connection was away for too long. Join again."),
    "refused:invite_revoked": _("This invite was withdrawn. Ask for a new one."),
    "refused:invite_stopped": _("This link no longer works for new people. Ask for a new one."),
    "refused:invite_expired": _("This invite has expired. Ask for a new one."),
    "refused:invite_used_up": _("This invite has no uses left. Ask for a new one."),
    "refused:invite_not_yet": _("This invite is not valid yet. Come back later."),
    "refused:room_closed": _("The call has ended."),
    "refused:room_not_open": _("The room is not open now. Come back when it opens."),
    "refused:sign_in_needed": _(
        "The host asks everyone in this call to sign in with their own site. Reload the page."
    ),
    "refused:host_away": _(
        "The host is not here right now. Reload this page to wait. It lets you in when they come."
    ),
    "refused:room_locked": _(
        "The host has locked the room. Ask the host to let you in, or come back later."
    ),
    "refused:not_admitted": _("The host did not let you in."),
    "refused:call_ended": _("The host has ended the call."),
    "refused:room_full": _("The room is full. Try again when someone has left."),
}


def text(code: str) -> str:
    """The words for a code; a general one for a code that has none."""
    return str(ERRORS.get(code, ERRORS["unavailable"]))
