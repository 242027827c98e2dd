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
    "chat.you": _("You"),
    "chat.gone": _("This message was deleted. Copy your text if you need it, then cancel."),
    "chat.unchanged": _("Not changed. {why}"),
    "chat.edited": _("edited"),
    "chat.edited.by": _("edited by {name}"),
    "chat.deleted": _("Message deleted"),
    "chat.deleted.by": _("Deleted by {name}"),
    "chat.answers": _("In reply to"),
    "chat.quote.older": _("An earlier message"),
    "chat.replying": _("Replying to {name}"),
    "chat.editing": _("Editing"),
    "chat.mentioned": _("{name} has mentioned you in the chat."),
    "chat.no_files": _("Files cannot be sent here. Share a link to the file instead."),
    "chat.save.empty": _("There are no messages to save yet."),
    "chat.save.failed": _("The chat could not be saved. Try again when the connection is back."),
    "chat.new": _("New"),
    "chat.new_from_here": _("New messages from here on"),
    "chat.new.one": _("1 new message"),
    "chat.new.many": _("{count} new messages"),
}
