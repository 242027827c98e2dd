"""What scripts say to people: key -> text. Pages hand it to their scripts with ``for_scripts``.

``{name}`` and the like are filled in by ``static/rooms/common/texts.js``. A text says what happened
and what to do next.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    # Cameras, microphones, screens
    "device.blocked.camera": _(
        "The browser is blocking the camera. Allow it in the address bar, then try again."
    ),
    "device.blocked.microphone": _(
        "The browser is blocking the microphone. Allow it in the address bar, then try again."
    ),
    "device.blocked.both": _(
        "The browser is blocking the camera and microphone. Allow them in the address bar, then "
        "try again."
    ),
    "device.system.camera": _(
        "Your system settings do not let the browser use the camera. Allow it there, then try "
        "again."
    ),
    "device.system.microphone": _(
        "Your system settings do not let the browser use the microphone. Allow it there, then try "
        "again."
    ),
    "device.system.both": _(
        "Your system settings do not let the browser use the camera and microphone. Allow them "
        "there, then try again."
    ),
    "device.refused.camera": _(
        "The camera is blocked. Allow it in the address bar and in your system settings, then try "
        "again."
    ),
    "device.refused.microphone": _(
        "The microphone is blocked. Allow it in the address bar and in your system settings, then "
        "try again."
    ),
    "device.refused.both": _(
        "The camera and microphone are blocked. Allow them in the address bar and in your system "
        "settings, then try again."
    ),
    "device.embedded.camera": _(
        "The page around this call does not let it use the camera. Open the call in its own tab."
    ),
    "device.embedded.microphone": _(
        "The page around this call does not let it use the microphone. Open the call in its own "
        "tab."
    ),
    "device.embedded.both": _(
        "The page around this call does not let it use the camera and microphone. Open the call in "
        "its own tab."
    ),
    "device.none.camera": _("No camera was found. Connect one, then try again."),
    "device.none.microphone": _("No microphone was found. Connect one, then try again."),
    "device.none.both": _("No camera or microphone was found. Connect one, then try again."),
    "device.in_use.camera": _(
        "The camera did not start. Another program may be using it, or your system settings may "
        "block it. Check both, then try again."
    ),
    "device.in_use.microphone": _(
        "The microphone did not start. Another program may be using it, or your system settings "
        "may block it. Check both, then try again."
    ),
    "device.in_use.both": _(
        "The camera and microphone did not start. Another program may be using them, or your "
        "system settings may block them. Check both, then try again."
    ),
    "device.unsuitable.camera": _("This camera cannot be used. Choose another one."),
    "device.unsuitable.microphone": _("This microphone cannot be used. Choose another one."),
    "device.unsuitable.both": _("This camera and microphone cannot be used. Choose others."),
    "device.waiting.camera": _(
        "The camera has not started yet. If the browser asks for permission, answer it, then try "
        "again."
    ),
    "device.waiting.microphone": _(
        "The microphone has not started yet. If the browser asks for permission, answer it, then "
        "try again."
    ),
    "device.waiting.both": _(
        "The camera and microphone have not started yet. If the browser asks for permission, "
        "answer it, then try again."
    ),
    "device.insecure.camera": _(
        "The browser allows the camera only on pages with an https address. Ask the host for one."
    ),
    "device.insecure.microphone": _(
        "The browser allows the microphone only on pages with an https address. Ask the host for "
        "one."
    ),
    "device.insecure.both": _(
        "The browser allows the camera and microphone only on pages with an https address. Ask the "
        "host for one."
    ),
    "device.unknown.camera": _("The camera did not start. Try again."),
    "device.unknown.microphone": _("The microphone did not start. Try again."),
    "device.unknown.both": _("The camera and microphone did not start. Try again."),
    "device.gone.camera": _("The camera was disconnected. Connect it, then try again."),
    "device.gone.microphone": _("The microphone was disconnected. Connect it, then try again."),
    "device.kept.camera": _("That camera did not start. You are still using the previous one."),
    "device.kept.microphone": _(
        "That microphone did not start. You are still using the previous one."
    ),
    "device.switched.microphone": _("The microphone was disconnected. Another one is in use now."),
    "device.or_join": _("Or press Join again to join anyway."),
    "device.opening": _(
        "Waiting for the camera and microphone. Your browser may ask for permission."
    ),
    "device.again": _("Try again"),
    "device.choose.camera": _("Choose another camera"),
    "device.choose.microphone": _("Choose another microphone"),
    "device.own_tab": _("Open in its own tab"),
    "device.default": _("Browser default"),
    "device.number": _("Device {number}"),
    "screen.failed": _(
        "Your screen could not be shared. Allow screen sharing in your system settings, then try "
        "again."
    ),
    "screen.of": _("{name}’s screen"),
    "screen.own": _("Your screen"),
    # The call
    "call.you": _("{name} (you)"),
    "call.count.one": _("1 person"),
    "call.count.many": _("{count} people"),
    "call.joined": _("{name} has joined."),
    "call.left": _("{name} has left."),
    "call.pin": _("Pin"),
    "call.muted": _("Microphone off"),
    "call.speaking": _("Speaking"),
    "call.hand": _("hand raised"),
    "call.hand_of": _("{name} has raised a hand."),
    "call.hand_up": _("Raise hand"),
    "call.hand_down": _("Lower hand"),
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
    # What limits the picture, and its numbers
    "limit.cpu": _(
        "Your computer is overloaded, so others see you in lower quality. Closing other programs "
        "helps."
    ),
    "limit.upload": _("Your upload speed is only {rate}, so others see you in lower quality."),
    "limit.network": _("Your upload is slow right now, so others see you in lower quality."),
    "limit.paused": _("Your connection is too slow for this video. It will resume automatically."),
    "stats.open": _("Statistics"),
    "stats.title": _("Statistics: {name}"),
    "stats.none": _("Nothing is being sent"),
    "stats.picture": _("Video"),
    "stats.fps": _("Frames per second"),
    "stats.bitrate": _("Bitrate"),
    "stats.loss": _("Packets lost"),
    "stats.rtt": _("Round-trip time"),
    "stats.layer": _("Layer"),
    "stats.codec": _("Codec"),
    "stats.limit": _("Limited by"),
    "stats.why.cpu": _("this computer"),
    "stats.why.bandwidth": _("the network"),
    "stats.why.muted": _("the sender has turned it off"),
    "stats.why.codec": _("a format that this browser cannot play"),
    "stats.why.none": _("nothing"),
    "stats.why.other": _("something else"),
    # The connection
    "connection.socket": _(
        "The connection to the server was lost and is being restored. Audio and video continue."
    ),
    "connection.lost": _(
        "The connection to the server was lost. Audio and video will come back with it. This page "
        "keeps trying."
    ),
    "connection.busy": _(
        "The server is busy. This page tries again by itself. You need not do anything."
    ),
    "connection.moving": _("The call moves to another server. You need not do anything."),
    "connection.moved": _("The call has moved."),
    "connection.media": _(
        "Audio and video were interrupted and are being restored. You do not need to do anything."
    ),
    "connection.back": _("The connection is back."),
    "queue.crowded": _(
        "The server is busy with other calls right now. This page keeps trying, and lets you in as "
        "soon as it can."
    ),
    "queue.busy": _("The server is busy. This page tries to join again by itself."),
    "queue.unavailable": _(
        "The call cannot be reached right now. This page tries again by itself."
    ),
    "connection.blocked": _(
        "Your network blocks audio and video. Try another network, or ask its administrator to "
        "allow video calls."
    ),
    # Links
    "link.copied": _("Link copied"),
    "link.offline": _(
        "You are not connected to the server, so no link was copied. Try again when the connection "
        "is back."
    ),
    "copied": _("Copied"),
    # Notes and chat
    "notes.failed": _("The notes did not load. Open them in a new tab."),
    "notes.saved": _("Saved"),
    "notes.saving": _("Saving…"),
    "notes.connecting": _("Connecting…"),
    "notes.reconnecting": _("Reconnecting… You can keep writing. Your changes will be saved."),
    "notes.read_only": _("You can read these notes but not edit them."),
    "notes.guest": _("Guest"),
    "notes.placeholder": _("Write something. Everyone in the call sees it right away."),
    "notes.refused": _("This link no longer opens the notes. Ask the host for a new one."),
    "chat.unsent": _("Not sent yet"),
    "chat.refused": _("Not sent. {why}"),
    "chat.edit": _("Edit"),
    "chat.discard": _("Discard"),
    "chat.waiting": _("Many messages are waiting to be sent. Wait until the connection is back."),
    "chat.count": _("{count} of {limit}"),
    "chat.long": _(
        "This message is longer than {limit} characters. Shorten it or send it in parts."
    ),
    "chat.new.one": _("1 new message"),
    "chat.new.many": _("{count} new messages"),
    # The end
    "end.left": _("You have left the call"),
    "end.left.text": _("The notes are kept. You can come back with the same link."),
    "end.removed": _("You were removed from the call"),
    "end.removed.text": _(
        "The host has removed you. If you think this is a mistake, contact the host."
    ),
    "end.closed": _("This call is over"),
    "end.closed.text": _("The host has closed the room. The notes are kept."),
    "end.again": _("Join again"),
    "end.here": _("Move the call here"),
    "end.replaced": _("The call is open in another tab"),
    "end.replaced.text": _(
        "You joined from another tab of this browser. You can move the call back here."
    ),
    "end.full": _("This call is full"),
    "end.full.text": _("There is no place left. Try again when someone has left."),
    "end.out": _("You are no longer in the call"),
    "end.out.text": _("Your access to this call has ended. Ask the host for a new link."),
    "end.refused": _("You could not join"),
    "end.refused.text": _("Ask the host for a new link."),
    "end.pass": _("You were away for a long time"),
    "end.pass.text": _("Your access to this call has expired. Open your invite link again."),
}


def for_scripts() -> dict[str, str]:
    """All texts in the language of the request."""
    return {key: str(text) for key, text in TEXTS.items()}
