"""Keys that do something in the call."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "shortcuts.talking": _("You can be heard while you hold the space bar"),
}
