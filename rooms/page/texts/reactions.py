"""Reactions: their names, and who has sent them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "reactions.thumbs_up": _("Thumbs up"),
    "reactions.heart": _("Heart"),
    "reactions.laugh": _("Laugh"),
    "reactions.clap": _("Clap"),
    "reactions.party": _("Celebrate"),
    "reactions.you": _("You"),
    "reactions.one": _("{name}: {reaction}"),
    "reactions.two": _("{name} and 1 other: {reaction}"),
    "reactions.many": _("{name} and {others} others: {reaction}"),
}
