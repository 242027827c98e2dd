"""The notes."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "notes.failed": _("The notes did not load. Open them in a new tab."),
    "notes.renewed": _("The notes link is renewed. “Copy notes link” copies the new one."),
    "notes.offline": _(
        "You are not connected to the server, so the notes cannot be reached. Try again when the "
        "connection is back."
    ),
    "notes.saved": _("Saved"),
    "notes.saving": _("Saving…"),
    "notes.connecting": _("Connecting…"),
    "notes.reconnecting": _("Reconnecting… You can keep writing. Your changes will be saved."),
    "notes.read_only": _("You can read these notes but not edit them."),
    "notes.guest": _("Guest"),
    "notes.placeholder": _("Write something. Everyone in the call sees it right away."),
    "notes.unknown_author": _("Someone"),
    "notes.author_here": _("At the cursor: {name}"),
    "notes.here": _("Also here: {names}"),
    "notes.more_here": _("{count} more"),
    "notes.preview": _("The notes as they were then"),
    "notes.loading": _("Loading…"),
    "notes.no_history": _("There is no earlier version yet."),
    "notes.history_failed": _("The history did not load. Try again in a moment."),
    "notes.refused": _("This link no longer opens the notes. Ask the host for a new one."),
}
