"""What scripts say to people: key -> text. Pages hand it to their scripts with ``for_scripts``.

``{name}`` and the like are filled in by ``static/rooms/common/texts.js``. A text says what happened and what to do next.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    # Cameras, microphones, screens
    "device.blocked.camera": _(
        "The browser does not let this page use the camera. Allow it beside the address, then try "
        "again."
    ),
    "device.blocked.microphone": _(
        "The browser does not let this page use the microphone. Allow it beside the address, then "
        "try again."
    ),
    "device.blocked.both": _(
        "The browser does not let this page use the camera or microphone. Allow them beside the "
        "address, then try again."
    ),
    "device.system.camera": _(
        "The settings of your computer or phone keep the browser from using the camera. Allow it "
        "there, then try again."
    ),
    "device.system.microphone": _(
        "The settings of your computer or phone keep the browser from using the microphone. Allow "
        "it there, then try again."
    ),
    "device.system.both": _(
        "The settings of your computer or phone keep the browser from using the camera and "
        "microphone. Allow them there, then try again."
    ),
    "device.refused.camera": _(
        "The browser does not let this page use the camera. Allow it beside the address, and in "
        "the settings of your computer or phone, then try again."
    ),
    "device.refused.microphone": _(
        "The browser does not let this page use the microphone. Allow it beside the address, and "
        "in the settings of your computer or phone, then try again."
    ),
    "device.refused.both": _(
        "The browser does not let this page use the camera or microphone. Allow them beside the "
        "address, and in the settings of your computer or phone, then try again."
    ),
    "device.embedded.camera": _(
        "The page around this call does not let it use the camera. Open the call in its own tab."
    ),
    "device.embedded.microphone": _(
        "The page around this call does not let it use the microphone. Open the call in its own "
        "tab."
    ),
    "device.embedded.both": _(
        "The page around this call does not let it use the camera and microphone. Open the call "
        "in its own tab."
    ),
    "device.none.camera": _("No camera was found. Plug one in, then try again."),
    "device.none.microphone": _("No microphone was found. Plug one in, then try again."),
    "device.none.both": _("No camera or microphone was found. Plug one in, then try again."),
    "device.in_use.camera": _(
        "The camera did not start. It may be in use by another program, or blocked in the "
        "settings of your computer. Close that program, then try again."
    ),
    "device.in_use.microphone": _(
        "The microphone did not start. It may be in use by another program, or blocked in the "
        "settings of your computer. Close that program, then try again."
    ),
    "device.in_use.both": _(
        "The camera and microphone did not start. They may be in use by another program, or "
        "blocked in the settings of your computer. Close that program, then try again."
    ),
    "device.unsuitable.camera": _("The chosen camera cannot be used. Choose another one."),
    "device.unsuitable.microphone": _("The chosen microphone cannot be used. Choose another one."),
    "device.unsuitable.both": _(
        "The chosen camera and microphone cannot be used. Choose other ones."
    ),
    "device.waiting.camera": _(
        "The camera has not started yet. If the browser asks you to allow it, answer, then try "
        "again."
    ),
    "device.waiting.microphone": _(
        "The microphone has not started yet. If the browser asks you to allow it, answer, then "
        "try again."
    ),
    "device.waiting.both": _(
        "The camera and microphone have not started yet. If the browser asks you to allow them, "
        "answer, then try again."
    ),
    "device.insecure.camera": _(
        "The browser gives the camera only to pages with an https address. Ask the host for one."
    ),
    "device.insecure.microphone": _(
        "The browser gives the microphone only to pages with an https address. Ask the host for "
        "one."
    ),
    "device.insecure.both": _(
        "The browser gives the camera and microphone only to pages with an https address. Ask the "
        "host for one."
    ),
    "device.unknown.camera": _("The camera did not start. Try again."),
    "device.unknown.microphone": _("The microphone did not start. Try again."),
    "device.unknown.both": _("The camera and microphone did not start. Try again."),
    "device.gone.camera": _("The camera was disconnected. Plug it in, then try again."),
    "device.gone.microphone": _("The microphone was disconnected. Plug it in, then try again."),
    "device.kept.camera": _("That camera did not start, so you stay on the previous one."),
    "device.kept.microphone": _("That microphone did not start, so you stay on the previous one."),
    "device.switched.microphone": _("The microphone was disconnected. Another one is in use now."),
    "device.or_join": _("Or press Join once more to join without."),
    "device.opening": _("Waiting for the camera and microphone. Your browser may ask you first."),
    "device.again": _("Try again"),
    "device.choose.camera": _("Choose another camera"),
    "device.choose.microphone": _("Choose another microphone"),
    "device.own_tab": _("Open in its own tab"),
    "device.default": _("Chosen by the browser"),
    "device.number": _("Device {number}"),
    "screen.failed": _(
        "The screen could not be shared. Allow it in the system settings of your computer, then try again."
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
    "call.you_are_muted": _("You are muted. Turn the microphone on to be heard."),
    "call.sound_blocked": _("The browser waits for a click before it plays sound."),
    "call.play_sound": _("Play sound"),
    "call.connecting": _("Connecting…"),
    "role.owner": _("You are now an owner of this room."),
    "role.moderator": _("You are now a moderator: you can remove people from the call."),
    "role.speaker": _("You are now a speaker."),
    "role.listener": _(
        "You are now a listener: your camera and microphone are off. You can hear, see and chat."
    ),
    "role.raised": _("Load this page again to use your camera and microphone."),
    "role.reload": _("Reload"),
    "role.ok": _("OK"),
    "remove.open": _("Remove {name}"),
    "remove.title": _("Remove {name}?"),
    "remove.offline": _(
        "The connection to the server is lost right now: nobody was removed. Try again when it is back."
    ),
    "remove.nobody": _("No one else has used this link."),
    "remove.others": _("{names} also joined with this link. They stay and can rejoin."),
    "remove.more": _("{count} more"),
    "remove.private": _(
        "Until you stop the link, {name} can use it to rejoin in a private window."
    ),
    "remove.closed": _("The link they used is already closed to new people."),
    "remove.visitor": _(
        "They came without an invite. In a private window they can come in again, unless you lock "
        "the room or close it to visitors in the admin."
    ),
    # What limits the picture, and its numbers
    "limit.cpu": _(
        "Your computer is at its limit, so others see less of you. Closing other programs helps."
    ),
    "limit.upload": _("Your upload carries only {rate}, so others see less of you."),
    "limit.network": _("Your upload is slow now, so others see less of you."),
    "limit.paused": _("Your connection is too slow for this picture. It comes back by itself."),
    "stats.open": _("Statistics"),
    "stats.title": _("Statistics: {name}"),
    "stats.none": _("Nothing is sent now"),
    "stats.picture": _("Picture"),
    "stats.fps": _("Frames per second"),
    "stats.bitrate": _("Bitrate"),
    "stats.loss": _("Packets lost"),
    "stats.rtt": _("Round trip"),
    "stats.layer": _("Layer"),
    "stats.codec": _("Codec"),
    "stats.limit": _("Limited by"),
    "stats.why.cpu": _("this computer"),
    "stats.why.bandwidth": _("the network"),
    "stats.why.muted": _("the sender has stopped it"),
    "stats.why.codec": _("a format that this browser does not play"),
    "stats.why.none": _("nothing"),
    "stats.why.other": _("something else"),
    # The connection
    "connection.socket": _(
        "The connection to the server was lost and is being restored. Sound and pictures go on."
    ),
    "connection.media": _(
        "Sound and pictures were interrupted and are being restored. You need not do anything."
    ),
    "connection.blocked": _(
        "Sound and pictures do not get through your network. Try another network, or ask its "
        "administrator to allow video calls."
    ),
    # Links
    "link.copied": _("Link copied"),
    "link.offline": _(
        "The connection to the server is lost right now: no link was copied. "
        "Try again when it is back."
    ),
    "copied": _("Copied"),
    # Notes and chat
    "notes.failed": _("Notes did not load – open them in a new tab"),
    "notes.saved": _("Saved"),
    "notes.saving": _("Saving…"),
    "notes.connecting": _("Connecting…"),
    "notes.reconnecting": _("Reconnecting… What you write is kept and saved then."),
    "notes.read_only": _("You can read these notes, not change them."),
    "notes.guest": _("Guest"),
    "notes.placeholder": _("Write something. Everybody in the call sees it at once."),
    "notes.refused": _(
        "These notes can no longer be opened with this link. Ask the host for a new one."
    ),
    "chat.unsent": _("Not sent yet"),
    "chat.refused": _("Not sent. {why}"),
    "chat.edit": _("Edit"),
    "chat.discard": _("Discard"),
    "chat.waiting": _(
        "Many messages are still waiting to be sent. Wait until the connection is back."
    ),
    "chat.count": _("{count} of {limit}"),
    "chat.long": _(
        "This message is longer than {limit} characters. Shorten it or send it in parts."
    ),
    "chat.new.one": _("1 new message"),
    "chat.new.many": _("{count} new messages"),
    # The end
    "end.left": _("You have left the call"),
    "end.left.text": _("The notes stay. You can come back with the same link."),
    "end.removed": _("You were removed from the call"),
    "end.removed.text": _(
        "The host has removed you. If you think this is a mistake, write to the host."
    ),
    "end.closed": _("This call is over"),
    "end.closed.text": _("The host has closed the room. The notes stay."),
    "end.again": _("Join again"),
    "end.here": _("Use the call here"),
    "end.replaced": _("The call goes on in another tab"),
    "end.replaced.text": _(
        "You have joined from another tab of this browser. You can bring the call back here."
    ),
    "end.full": _("This call is full"),
    "end.full.text": _("There is no place left. Try again when somebody has left."),
    "end.out": _("You are no longer in the call"),
    "end.out.text": _("Your access to this call has ended. Ask the host for a new link."),
    "end.refused": _("You could not join"),
    "end.refused.text": _("Ask the host for a new link."),
    "end.pass": _("You were away for a long time"),
    "end.pass.text": _(
        "Your access to this call has expired. Open the link that you were sent again."
    ),
}


def for_scripts() -> dict[str, str]:
    """All texts in the language of the request."""
    return {key: str(text) for key, text in TEXTS.items()}
