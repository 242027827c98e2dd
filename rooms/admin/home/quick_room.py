"""A new room in three fields: title, picture, and when. All others have a default."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rooms.admin.background import encoded
from rooms.admin.bases import LineField
from rooms.looks import backgrounds, image_files
from rooms.models import Background, Repeat, Room
from rooms.models.parts import WaitingRoom
from rooms.roles import Role, VisitorPolicy

MAX_SLUG = 63

# Pictures to choose from. The room's own page has all of them.
MOST_PICTURES = 24

LENGTHS = [(1, _("1 hour")), (2, _("2 hours")), (3, _("3 hours")), (8, _("8 hours"))]


class WhenField(forms.DateTimeField):
    """A date and a time of the site's clocks, as browsers' own fields write it."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    input_formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class QuickRoomForm(forms.Form):
    """Three fields, and what is folded below them. ``add_pictures``: they may upload one."""

    title = LineField(label=_("Title"), max_length=120)
    picture = forms.ModelChoiceField(
        label=_("Picture"),
        queryset=Background.objects.none(),
        required=False,
        empty_label=_("No picture"),
    )
    upload = forms.FileField(
        label=_("or upload one"),
        required=False,
        widget=forms.FileInput(attrs={"accept": image_files.ACCEPT}),
    )
    when = WhenField(label=_("When"), required=False, help_text=_("Leave it empty for any time."))

    length = forms.TypedChoiceField(
        label=_("How long"), choices=LENGTHS, coerce=int, initial=2, required=False
    )
    weekly = forms.BooleanField(label=_("Every week at this time"), required=False)
    visitors = forms.ChoiceField(
        label=_("People without an invite"),
        choices=VisitorPolicy.choices,
        initial=VisitorPolicy.NOTHING,
        required=False,
    )
    waiting_room = forms.ChoiceField(
        label=_("Waiting room"), choices=WaitingRoom.choices, required=False
    )
    description = LineField(label=_("Description"), max_length=300, required=False)

    def __init__(self, *args: Any, add_pictures: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["picture"]
        newest = Background.objects.order_by("-created").values("pk")[:MOST_PICTURES]
        field.queryset = Background.objects.filter(pk__in=list(newest.values_list("pk", flat=True)))
        if not add_pictures:
            del self.fields["upload"]

    encoded_picture: backgrounds.Picture | None = None
    room: Room | None = None

    @property
    def three(self) -> list[forms.BoundField]:
        """What everyone fills in."""
        return [
            self[name] for name in ("title", "picture", "upload", "when") if name in self.fields
        ]

    @property
    def folded(self) -> list[forms.BoundField]:
        """What most people leave as it is."""
        return [
            self[name] for name in ("length", "weekly", "visitors", "waiting_room", "description")
        ]

    def clean_upload(self) -> None:
        upload = self.cleaned_data["upload"]
        if not isinstance(upload, UploadedFile):
            return
        outcome = encoded(upload)
        if isinstance(outcome, image_files.BadImage):
            raise forms.ValidationError(str(outcome)) from outcome
        self.encoded_picture = outcome

    def clean(self) -> dict[str, Any]:
        """Let the room's own rules speak at the fields of this form."""
        super().clean()
        values = self.cleaned_data
        if not values.get("title"):
            return values
        opens = values.get("when")
        if values.get("weekly") and opens is None:
            self.add_error("when", gettext("A weekly call needs a date and a time."))
            return values
        closes = opens + timedelta(hours=values.get("length") or 2) if opens else None
        if closes is not None and closes <= timezone.now() and not values.get("weekly"):
            self.add_error("when", gettext("This time is over. Choose a later one."))
            return values
        self.room = Room(
            title=values["title"],
            slug=free_slug(values["title"]),
            description=values.get("description") or "",
            background=values.get("picture"),
            opens=opens,
            closes=closes,
            repeats=Repeat.WEEKLY if values.get("weekly") else Repeat.ONCE,
            visitors=values.get("visitors") or VisitorPolicy.NOTHING,
            waiting_room=values.get("waiting_room") or "",
        )
        return values

    def save(self) -> Room:
        """The room with an invite for guests. Raises BadImage if the disk is full."""
        assert self.room is not None
        files = backgrounds.write(self.encoded_picture) if self.encoded_picture else None
        with transaction.atomic():
            if files is not None and self.encoded_picture is not None:
                picture = Background(title=self.room.title)
                backgrounds.adopt(picture, files, self.encoded_picture)
                self.room.background = picture
            self.room.full_clean()
            self.room.save()
            self.room.invites.create(label=gettext("Guests"), role=Role.SPEAKER)
        return self.room


def free_slug(title: str) -> str:
    """An address made from the title that no room has."""
    wanted = slugify(title).replace("_", "-")[:MAX_SLUG].strip("-") or "room"
    taken = set(
        Room.objects.filter(slug__startswith=wanted[: MAX_SLUG - 5]).values_list("slug", flat=True)
    )
    slug, number = wanted, 1
    while slug in taken:
        number += 1
        slug = f"{wanted[: MAX_SLUG - 5].rstrip('-')}-{number}"
    return slug
