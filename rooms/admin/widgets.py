"""Parts that several of the admin's pages show."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from rooms.entry.sharing import absolute, whip_access
from rooms.models import Invite


def copy_button(link: str) -> SafeString:
    """A button that copies ``link`` and then says so."""
    return format_html(
        '<button type="button" class="button copy" data-copy="{}" data-copied="{}">{}</button>',
        link,
        _("Link copied"),
        _("Copy link"),
    )


def full_link(link: str) -> SafeString:
    """A link to read, to select and to copy."""
    return format_html(
        '<span class="full-link"><input type="text" class="vTextField" readonly value="{}" '
        'aria-label="{}"> {}</span>',
        link,
        _("Link"),
        copy_button(link),
    )


def whip_fields(invite: Invite) -> SafeString:
    """The fields that OBS asks for, each with a copy button."""
    access = whip_access(invite)
    return format_html(
        '<div class="obs">{}{}<p class="help">{}</p></div>',
        _whip_field(_("Server"), access["url"], "text"),
        _whip_field(_("Stream key"), access["key"], "password"),
        _(
            "In OBS 30 or newer, go to Settings, then Stream. Choose the service “WHIP”, then "
            "paste the server and, as “Bearer Token”, the stream key. Output: x264, profile "
            "baseline or high, 6000 kbit/s, keyframe interval 1 or 2 s, no B-frames, tune "
            "zerolatency."
        ),
    )


def _whip_field(label: str, value: str, kind: str) -> SafeString:
    return format_html(
        '<span class="full-link"><input type="{}" class="vTextField" readonly autocomplete="off" '
        'value="{}" aria-label="{}"> '
        '<button type="button" class="button copy" data-copy="{}" '
        'data-copied="{}">{}</button></span>',
        kind,
        value,
        label,
        value,
        _("Copied"),
        _("Copy %(what)s") % {"what": label},
    )


def invite_link(invite: Invite) -> str:
    return absolute(invite.get_absolute_url())


def qr_code(invite: Invite) -> SafeString:
    """The invite's link as a picture for a phone's camera."""
    address = reverse("admin:rooms_invite_qr", args=[invite.pk])
    return format_html(
        '<img class="qr" src="{}" width="180" height="180" loading="lazy" alt="{}">',
        address,
        _("QR code of the invite's link"),
    )
