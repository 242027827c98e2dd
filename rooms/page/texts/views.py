"""How the call is shown: full screen, Picture-in-Picture."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "views.full_screen": _("Full screen"),
    "views.leave_full_screen": _("Leave full screen"),
    "views.no_full_screen": _("The browser does not allow full screen here."),
}
