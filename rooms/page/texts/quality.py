"""What limits the picture, and its numbers."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
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
    "stats.why.held": _("the host has stopped it"),
    "stats.why.codec": _("a format that this browser cannot play"),
    "stats.why.none": _("nothing"),
    "stats.why.other": _("something else"),
}
