"""The connection to the server and to the media."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "connection.socket": _(
        "The connection to the server was lost and is being restored. Audio and video continue."
    ),
    "connection.lost": _(
        "The connection to the server was lost. Audio and video will come back with it. This page "
        "keeps trying."
    ),
    "connection.busy": _(
        "The server is busy. This page tries again by itself. You need not do anything."
    ),
    "connection.moving": _("The call moves to another server. You need not do anything."),
    "connection.moved": _("The call has moved."),
    "connection.media": _(
        "Audio and video were interrupted and are being restored. You do not need to do anything."
    ),
    "connection.back": _("The connection is back."),
    "queue.crowded": _(
        "The server is busy with other calls right now. This page keeps trying, and lets you in as "
        "soon as it can."
    ),
    "queue.busy": _("The server is busy. This page tries to join again by itself."),
    "queue.unavailable": _(
        "The call cannot be reached right now. This page tries again by itself."
    ),
    "connection.blocked": _(
        "Your network blocks audio and video. Try another network, or ask its administrator to "
        "allow video calls."
    ),
}
