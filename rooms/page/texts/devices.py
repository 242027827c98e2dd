"""Cameras, microphones and shared screens."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
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
}
