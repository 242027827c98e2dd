"""Effects on one's own picture and sound."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "effects.slow.camera": _(
        "The background effect was turned off because this computer could not keep up."
    ),
    "effects.failed.camera": _(
        "The background effect does not work in this browser, so it was turned off."
    ),
    "effects.failed.microphone": _(
        "The noise reduction does not work in this browser, so it was turned off."
    ),
    "effects.not_loaded": _("The effect did not load. Check your connection, then try again."),
    "effects.no_picture": _("The browser cannot show this file. Choose another picture."),
}
