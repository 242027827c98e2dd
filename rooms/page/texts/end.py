"""The end of a call."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
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
