"""People in the call, and what happens to them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "call.you": _("{name} (you)"),
    "call.count.one": _("1 person"),
    "call.count.many": _("{count} people"),
    "call.joined": _("{name} has joined."),
    "call.left": _("{name} has left."),
    "call.pin": _("Pin"),
    "call.page": _("Page {page} of {pages}"),
    "call.muted": _("Microphone off"),
    "call.speaking": _("Speaking"),
    "call.hand": _("hand raised"),
    "call.hand_of": _("{name} has raised a hand."),
    "call.hand_up": _("Raise hand"),
    "call.hand_down": _("Lower hand"),
    "call.hand_is_up": _("Your hand is raised."),
    "call.hand_is_down": _("Your hand is lowered."),
    "call.you_are_muted": _("You are muted. Turn on your microphone to be heard."),
    "call.sound_blocked": _("The browser needs a click before it can play sound."),
    "call.play_sound": _("Play sound"),
    "call.connecting": _("Connecting…"),
    "role.owner": _("You are now an owner of this room."),
    "role.moderator": _("You are now a moderator. You can remove people from the call."),
    "role.speaker": _("You are now a speaker."),
    "role.listener": _(
        "You are now a listener. Your camera and microphone are off. You can still watch, listen "
        "and chat."
    ),
    "role.raised": _("Reload this page to use your camera and microphone."),
    "role.reload": _("Reload"),
    "role.ok": _("OK"),
    "remove.open": _("Remove {name}"),
    "remove.title": _("Remove {name}?"),
    "remove.offline": _(
        "You are not connected to the server, so no one was removed. Try again when the connection "
        "is back."
    ),
    "remove.nobody": _("No one else has used this link."),
    "remove.others": _("{names} also joined with this link. This does not affect them."),
    "remove.more": _("{count} more"),
    "remove.private": _(
        "Until you stop the link, {name} can use it to rejoin in a private window."
    ),
    "remove.closed": _("The link they used is already closed to new people."),
    "remove.visitor": _(
        "They joined without an invite. They can rejoin in a private window unless you lock the "
        "room or turn visitors away in the admin."
    ),
}
