"""The beginnings of a new installation: an owner, a room with a background, and two invites."""

from __future__ import annotations

import os
import secrets
import shlex
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from rooms.entry.sharing import absolute
from rooms.looks import backgrounds
from rooms.models import Background, Invite, Room
from rooms.roles import Role

SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "dusk.jpg"
SLUG = "sample"
OWNER = "owner"
# Read from a terminal and typed once: no letters that look alike. 16 of them have 90 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Command(BaseCommand):
    """Safe to run at every start: whatever exists stays as it is."""

    help = "Create the owner's account and a sample room unless they exist, and print the links."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--first-links-only",
            action="store_true",
            help="print the invites only at the first start (for output that is kept in a log)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            password = create_owner()
            # An owner who deleted the sample room does not want it back at the next start.
            if password is not None and not Room.objects.exists():
                create_sample_room()
        invites = password is not None or not options["first_links_only"]
        self.stdout.write(summary(password, invites))


def create_owner() -> str | None:
    """The new owner's password; None if somebody can already log in to the admin."""
    users = get_user_model().objects
    if users.filter(is_staff=True).exists():
        return None
    password = "".join(secrets.choice(LETTERS) for _letter in range(16))
    users.create_superuser(username=OWNER, password=password)
    return password


def create_sample_room() -> Room:
    room = Room.objects.create(
        slug=SLUG,
        title=_("The garden table"),
        description=_("A sample room. Change it in the admin, or create your own."),
        background=create_sample_background(),
    )
    room.invites.create(label=_("Owner"), role=Role.OWNER)
    room.invites.create(label=_("Guests"), role=Role.SPEAKER)
    return room


def create_sample_background() -> Background:
    with SAMPLE.open("rb") as file:
        picture = backgrounds.encode(file, max_bytes=10 << 20, max_pixels=20_000_000)
    background = Background(
        title=_("Hills at dusk"),
        credit=_("Drawn by code for confcall"),
        alt=_(
            "Layers of dark hills under a sky that turns from orange at the horizon to deep blue, "
            "with a thin moon and stars."
        ),
        focal_x=64,
        focal_y=45,
    )
    backgrounds.adopt(background, backgrounds.write(picture), picture)
    return background


def summary(password: str | None, invites: bool) -> str:
    """The links, as a block that stands out between log lines. The password comes last."""
    lines = ["", "  confcall", ""]
    if settings.DEBUG:
        lines += ["  " + _("DEBUG is on. Do not let anyone else reach this site."), ""]
    if invites:
        lines += invite_rows()
    lines.append(row(_("Admin"), absolute(reverse("admin:index"))))
    if password is not None:
        lines += [
            "",
            row(_("Username"), OWNER),
            row(_("Password"), password),
            row("", _("Write it down. It is not shown again. To set a new one:")),
            row("", new_password_command()),
        ]
    elif get_user_model().objects.filter(username=OWNER, last_login=None).exists():
        lines.append(row("", _("No one has logged in yet. To set a new password:")))
        lines.append(row("", new_password_command()))
    return "\n".join([*lines, ""])


def invite_rows() -> list[str]:
    """The first invites of the sample room that still let people in."""
    room = Room.objects.filter(slug=SLUG).first()
    titles = ((Role.OWNER, _("Your invite")), (Role.SPEAKER, _("Guests’ invite")))
    links = [(title, first_link(room, role) if room else None) for role, title in titles]
    return [row(title, link) for title, link in links if link]


def new_password_command() -> str:
    """The command to type in the checkout's folder if the password is unknown."""
    python = Path(sys.executable)
    if python.is_relative_to(settings.BASE_DIR):
        python = python.relative_to(settings.BASE_DIR)
    data = os.environ.get("DATA_DIR")
    words = [f"DATA_DIR={shlex.quote(data)}"] if data else []
    return " ".join([*words, shlex.quote(str(python)), "manage.py changepassword", OWNER])


def row(title: str, text: str) -> str:
    return f"  {title:<16}{text}".rstrip()


def first_link(room: Room, role: Role) -> str | None:
    good = Invite.objects.good(timezone.now())
    invite = good.filter(room=room, role=role).order_by("created").first()
    return absolute(invite.get_absolute_url()) if invite else None
