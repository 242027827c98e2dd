"""The notes."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "notes.failed": _("The notes did not load. Open them in a new tab."),
    "notes.saved": _("Saved"),
    "notes.saving": _("Saving…"),
    "notes.connecting": _("Connecting…"),
    "notes.reconnecting": _("Reconnecting… You can keep writing. Your changes will be saved."),
    "notes.read_only": _("You can read these notes but not edit them."),
    "notes.guest": _("Guest"),
    "notes.placeholder": _("Write something. Everyone in the call sees it right away."),
    "notes.refused": _("This link no longer opens the notes. Ask the host for a new one."),
}
