"""The list of people, the waiting room, and what hosts do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "people.more": _("More for {name}"),
    "people.actions": _("Actions for {name}"),
    "people.role.owner": _("owner"),
    "people.role.moderator": _("moderator"),
    "people.role.speaker": _("speaker"),
    "people.role.listener": _("listener"),
    "people.stream": _("stream"),
    "people.muted": _("muted"),
    "people.camera_off": _("camera off"),
    "people.shares": _("shares a screen"),
    "people.hand": _("hand raised ({place})"),
    "people.act.mute": _("Mute"),
    "people.act.stop_camera": _("Stop camera"),
    "people.act.stop_screen": _("Stop sharing"),
    "people.act.ask": _("Ask to unmute"),
    "people.act.lower_hand": _("Lower hand"),
    "people.act.moderator": _("Make moderator"),
    "people.act.speaker": _("Make speaker"),
    "people.act.listener": _("Make listener"),
    "people.act.rename": _("Give a name"),
    "people.act.remove": _("Remove"),
    "people.lock": _("Lock the room"),
    "people.unlock": _("Unlock the room"),
    "people.offline": _(
        "You are not connected to the server, so nothing has changed. Try again when the "
        "connection is back."
    ),
    "people.mute_all.title": _("Mute everyone?"),
    "people.mute_all.words": _("Owners and moderators are not muted."),
    "people.mute_all.yes": _("Mute everyone"),
    "people.mute_all.check": _("They may unmute themselves"),
    "people.end.title": _("End the call for everyone?"),
    "people.end.words": _(
        "Everyone leaves the call now. People who still have a link can start it again."
    ),
    "people.end.yes": _("End the call"),
    "people.rename.title": _("Give {name} a name"),
    "people.rename.field": _("Name"),
    "people.rename.yes": _("Give this name"),
    "people.waiting": _("Waiting: {count}"),
    "people.knock": _("{name} is waiting"),
    "people.admit": _("Admit"),
    "people.admit_of": _("Admit {name}"),
    "people.refuse": _("Refuse"),
    "people.refuse_of": _("Refuse {name}"),
    "host.someone": _("The host"),
    "host.held.microphone": _("{name} has muted you."),
    "host.held.camera": _("{name} has stopped your camera."),
    "host.held.screen": _("{name} has stopped your shared screen."),
    "host.bound": _("{name} has muted everyone. Raise your hand to ask to speak."),
    "host.freed": _("You may unmute yourself again."),
    "host.hand_lowered": _("{name} has lowered your hand."),
    "host.locked": _("The room is locked. No one new can join."),
    "host.unlocked": _("The room is unlocked."),
    "host.asked.microphone": _("{name} asks you to unmute."),
    "host.asked.microphone.yes": _("Unmute"),
    "host.asked.camera": _("{name} asks you to turn on your camera."),
    "host.asked.camera.yes": _("Turn on camera"),
    "host.asked.screen": _("{name} asks you to share your screen."),
    "host.asked.screen.yes": _("Share screen"),
    "role.by.moderator": _("{name} has made you a moderator. You can run the call under People."),
    "role.by.speaker": _("{name} has made you a speaker."),
    "role.by.listener": _(
        "{name} has made you a listener. Your camera and microphone are off. You can still watch, "
        "listen and chat."
    ),
    "queue.waiting": _("You are waiting. The host knows that you are here."),
    "queue.waiting_alone": _("You are waiting. No host is here yet; they have been told."),
    "queue.admitted": _("You are in the call."),
    "end.not_admitted": _("The host did not let you in"),
    "end.not_admitted.text": _("If you think this is a mistake, contact the host."),
    "end.call_ended": _("The host has ended the call"),
    "end.call_ended.text": _("The notes are kept. You can join again to start a new call."),
}
