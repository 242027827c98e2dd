"""How the call is shown: full screen, Picture-in-Picture."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "views.full_screen": _("Full screen"),
    "views.leave_full_screen": _("Leave full screen"),
    "views.small_window": _("Picture-in-picture"),
    "views.close_small_window": _("Close picture-in-picture"),
    "views.no_small_window": _("The browser did not open the small window. Try again."),
    "views.no_full_screen": _("The browser does not allow full screen here."),
}
