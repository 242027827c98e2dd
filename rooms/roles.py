"""Roles and what they allow. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """The role that an invite gives."""

    OWNER = "owner", _("owner")
    MODERATOR = "moderator", _("moderator")
    SPEAKER = "speaker", _("guest, may speak")
    LISTENER = "listener", _("guest, may only listen")


class VisitorPolicy(TextChoices):
    """What somebody without an invite may do."""

    NOTHING = "nothing", _("may not join")
    LISTEN = "listen", _("may listen")
    SPEAK = "speak", _("may speak")


# The sources that a host can hold, in the order of ``wire.SOURCES``. A held screen is silent too.
HELD = ("microphone", "camera", "screen")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person may do in a room.

    ``held`` are the sources that a host has muted or stopped, each with the number of the host's
    act (0: everyone is muted). The person may start one again, unless ``bound`` names it.
    """

    role: Role
    held: Mapping[str, int] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()

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

    def may_hold(self, other: Role) -> bool:
        """Whether they may mute and stop somebody with the role ``other``. It can be undone."""
        return self.role == Role.OWNER or (self.role == Role.MODERATOR and other != Role.OWNER)

    def may_change(self, other: Role, to: Role) -> bool:
        """Whether they may give somebody with the role ``other`` the role ``to``."""
        mine = {
            Role.OWNER: {Role.MODERATOR, Role.SPEAKER, Role.LISTENER},
            Role.MODERATOR: {Role.SPEAKER, Role.LISTENER},
        }
        return {other, to} <= mine.get(self.role, set())

    @property
    def silenced(self) -> list[str]:
        """The sources of ``held`` as the worker needs them."""
        names = [source for source in HELD if source in self.held]
        return [*names, "screen-audio"] if "screen" in names else names

    @property
    def write_notes(self) -> bool:
        return self.role != Role.LISTENER

    @property
    def chat(self) -> bool:
        return True
