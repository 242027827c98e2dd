"""Groups of a room's settings: where it is embedded, when it is open, who waits, what is kept.

Each is abstract: the columns are in the room's table.
"""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Embedding(models.Model):
    """Which sites may show the room in a frame, and what they hear of it."""

    embed_origins = models.TextField(
        _("Allowed embedding origins"),
        blank=True,
        help_text=_(
            "The sites that may show this room in their pages, one per line, such as "
            "https://blog.example.org. Leave it empty to allow none."
        ),
    )
    embed_names = models.BooleanField(
        _("tell these sites who is in the call"),
        default=False,
        help_text=_("Otherwise they learn only how many people are in."),
    )

    class Meta:
        abstract = True


class Repeat(models.TextChoices):
    """How often the time from ``opens`` to ``closes`` comes again."""

    ONCE = "", _("does not repeat")
    WEEKLY = "weekly", _("every week")


class Opening(models.Model):
    """When the room is open, beside its ``OpeningHours``."""

    opens = models.DateTimeField(_("opens"), null=True, blank=True)
    closes = models.DateTimeField(_("closes"), null=True, blank=True)
    repeats = models.CharField(
        _("repeats"),
        max_length=6,
        choices=Repeat.choices,
        default=Repeat.ONCE,
        blank=True,
        help_text=_(
            "A weekly call opens and closes at the same time on the same day of each week. It "
            "needs both times above."
        ),
    )
    opens_with_owner = models.BooleanField(
        _("open only while a host is in"),
        default=False,
        help_text=_("Guests who come earlier wait, and are let in when the host comes."),
    )
    knock_email = models.BooleanField(
        _("tell me by e-mail when someone waits"),
        default=False,
        help_text=_("At most one message in five minutes, to every owner with an e-mail address."),
    )
    knock_push = models.BooleanField(
        _("notify my devices when someone waits"),
        default=False,
        help_text=_("At most one notification in five minutes, to every device you have added."),
    )
    knocked = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        both = self.opens is not None and self.closes is not None
        if self.repeats == Repeat.WEEKLY and not both:
            raise ValidationError(
                {"repeats": _("A weekly call needs both times, when it opens and when it closes.")}
            )
        if self.opens is None or self.closes is None:
            return
        if self.closes <= self.opens:
            raise ValidationError(
                {"closes": _("The room closes before it opens. Change one of the two.")}
            )
        if self.repeats == Repeat.WEEKLY and self.closes - self.opens > timedelta(weeks=1):
            raise ValidationError(
                {"closes": _("A weekly call lasts at most a week. Let it close earlier.")}
            )


class WaitingRoom(models.TextChoices):
    """Who waits until a host lets them in."""

    OFF = "", _("off")
    GUESTS = "guests", _("guests without an invite")
    ALL = "all", _("all but hosts")


class Hosting(models.Model):
    """What the hosts have decided about everyone. About one person, see ``Decision``."""

    waiting_room = models.CharField(
        _("Waiting room"),
        max_length=6,
        choices=WaitingRoom.choices,
        default=WaitingRoom.OFF,
        blank=True,
        help_text=_("These people wait until a host in the call lets them in."),
    )
    mics_held = models.BooleanField(
        _("keep guests muted"),
        default=False,
        help_text=_("Guests come in muted, and speak only when a host asks them to."),
    )
    # When a host last ended the call for everyone. Whoever came in before that is out.
    ended = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class Chatting(models.Model):
    """What people find in the chat, and for how long."""

    chat_history = models.BooleanField(
        _("show newcomers the earlier messages"),
        default=True,
        help_text=_("Otherwise people see only what is written after they have joined."),
    )
    chat_days = models.PositiveSmallIntegerField(
        _("delete chat messages after (days)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Leave it empty to keep them with the room."),
    )
    # Counts the edits and deletions of lines, see ChatLine.change.
    chat_changes = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


class SignIn(models.TextChoices):
    """Whether guests give the address of their own site in place of a name."""

    OFF = "", _("off")
    OFFERED = "offered", _("offered")
    REQUIRED = "required", _("required")


class SigningIn(models.Model):
    """Signing in with one's own site (IndieAuth). Domains are one per line."""

    sign_in = models.CharField(
        _("sign in with your site"),
        max_length=8,
        choices=SignIn.choices,
        default=SignIn.OFF,
        blank=True,
    )
    admitted_domains = models.TextField(
        _("admitted domains"),
        blank=True,
        help_text=_(
            "People who sign in with a site of these domains may join and speak without an "
            "invite. One per line."
        ),
    )
    banned_domains = models.TextField(
        _("banned domains"),
        blank=True,
        help_text=_("People who sign in with a site of these domains may not join. One per line."),
    )

    class Meta:
        abstract = True


class Keeping(models.Model):
    """What stays of a call, and for how long."""

    keep_days = models.PositiveSmallIntegerField(
        _("delete everything of a call after (days)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_(
            "Chat, names of who was there, the record of the call, and the notes once nobody has "
            "used the room for so long. Guests read this before they join. Leave it empty to keep "
            "everything. Bans and published posts stay."
        ),
    )
    # The number of the newest chat line that was deleted: no number is used twice.
    chat_deleted = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
