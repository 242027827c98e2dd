"""The chat."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "chat.unsent": _("Not sent yet"),
    "chat.refused": _("Not sent. {why}"),
    "chat.edit": _("Edit"),
    "chat.discard": _("Discard"),
    "chat.waiting": _("Many messages are waiting to be sent. Wait until the connection is back."),
    "chat.count": _("{count} of {limit}"),
    "chat.long": _(
        "This message is longer than {limit} characters. Shorten it or send it in parts."
    ),
    "chat.new.one": _("1 new message"),
    "chat.new.many": _("{count} new messages"),
}
