"""The checks in the lobby."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "lobby.reach.checking": _("Your connection is being checked."),
    "lobby.reach.udp": _("Your network lets calls through."),
    "lobby.reach.tcp": _(
        "Your network lets calls through only over TCP. The call works, with lower quality."
    ),
    "lobby.reach.blocked": _(
        "Your network does not let calls through. Turn off a VPN, or try another network, such as "
        "your phone's."
    ),
    "lobby.reach.unknown": _("Your connection could not be checked."),
    "lobby.speaker.playing": _("You should hear a sound now."),
    "lobby.speaker.failed": _(
        "The browser could not play a sound. Check which speaker it uses, then try again."
    ),
}
