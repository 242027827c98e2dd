"""Roles and what they allow. Pure: no database, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """The role that an invite gives."""

    OWNER = "owner", _("owner")
    MODERATOR = "moderator", _("moderator")
    SPEAKER = "speaker", _("speaker")
    LISTENER = "listener", _("listener")


class VisitorPolicy(TextChoices):
    """What somebody without an invite may do."""

    NOTHING = "nothing", _("may not join")
    LISTEN = "listen", _("may listen")
    SPEAK = "speak", _("may speak")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person may do in a room."""

    role: Role

    @property
    def publish(self) -> bool:
        return self.role != Role.LISTENER

    @property
    def moderate(self) -> bool:
        return self.role in (Role.OWNER, Role.MODERATOR)

    def may_remove(self, other: Role, *, stream: bool = False) -> bool:
        """Whether a person with the role ``other`` may be removed. ``stream``: it is an encoder.

        Owners are safe from each other: otherwise one click could lock out whoever owns the room.
        A stream has no rights to lose, so an owner may end any.
        """
        if self.role == Role.OWNER:
            return stream or other != Role.OWNER
        return self.role == Role.MODERATOR and other in (Role.SPEAKER, Role.LISTENER)

    @property
    def write_notes(self) -> bool:
        return self.role != Role.LISTENER

    @property
    def chat(self) -> bool:
        return True
