"""Links that are copied."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "link.copied": _("Link copied"),
    "link.offline": _(
        "You are not connected to the server, so no link was copied. Try again when the connection "
        "is back."
    ),
    "copied": _("Copied"),
}
