"""Background images: encoded again on upload, with a thumbnail and a focal point to click."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rooms.admin.bases import LINES, BackgroundModelAdmin, BackgroundModelForm
from rooms.looks import backgrounds, image_files
from rooms.models import Background


class BackgroundForm(BackgroundModelForm):
    """``upload`` is a plain file field.

    Django's image field would let Pillow try every format without limits.
    """

    upload = forms.FileField(
        label=_("Image"),
        required=False,
        widget=forms.FileInput(attrs={"accept": image_files.ACCEPT}),
        help_text=format_lazy(
            _(
                "{kinds}, at least {long} × {short} pixels. The image is re-encoded, so the place "
                "and time of a photo are not kept."
            ),
            kinds=image_files.KINDS,
            long=image_files.SHORTEST_LONG_SIDE,
            short=image_files.SHORTEST_SHORT_SIDE,
        ),
    )

    credit_url = forms.URLField(label=_("Credit link"), required=False, assume_scheme="https")

    class Meta:
        model = Background
        fields = ["title", "alt", "credit", "credit_url", "focal_x", "focal_y"]

    picture: backgrounds.Picture | None = None
    files_written: backgrounds.Files | None = None

    def clean_upload(self) -> None:
        upload = self.cleaned_data["upload"]
        if not upload:
            if not self.instance.pk:
                raise forms.ValidationError(_("Choose an image."))
            return
        outcome = getattr(upload, "encoded", None) or encoded(upload)
        if isinstance(outcome, image_files.BadImage):
            raise forms.ValidationError(str(outcome)) from outcome
        self.picture = outcome

    def _post_clean(self) -> None:
        """Write the files last, so that a full disk is an error of the form and changes nothing."""
        super()._post_clean()  # type: ignore[misc]
        if self.picture is None or self.errors:
            return
        try:
            self.files_written = backgrounds.write(self.picture)
        except image_files.BadImage as exc:
            self.add_error("upload", str(exc))


def encoded(upload: UploadedFile[Any]) -> backgrounds.Picture | image_files.BadImage:
    """The picture in an upload, or what is wrong with it. Takes seconds for a large one."""
    limit = settings.MAX_UPLOAD_MB << 20
    try:
        if (upload.size or 0) > limit:
            raise image_files.too_large(limit)
        return backgrounds.encode(upload, limit, settings.MAX_IMAGE_MEGAPIXELS * 1_000_000)
    except image_files.BadImage as exc:
        return exc


@admin.register(Background)
class BackgroundAdmin(BackgroundModelAdmin):
    form = BackgroundForm
    formfield_overrides = LINES
    list_display = ["small", "title", "credit", "used_in"]
    list_display_links = ["small", "title"]
    search_fields = ["title", "credit"]
    fields = ["upload", "preview", "title", "alt", ("credit", "credit_url"), ("focal_x", "focal_y")]
    readonly_fields = ["preview"]

    @admin.display(description=_("image"))
    def small(self, background: Background) -> SafeString | str:
        if not background.thumbnail:
            return "–"
        return format_html(
            '<img class="thumbnail" src="{}" alt="{}" width="120" height="75">',
            background.thumbnail.url,
            background.alt,
        )

    @admin.display(description=_("focal point"))
    def preview(self, background: Background) -> SafeString | str:
        """The image with a mark on its focal point; a click moves it."""
        if not background.thumbnail:
            return gettext("Save the image first. Then click the part that must always be visible.")
        return format_html(
            '<span class="focal" data-focal="focal_x,focal_y"><img src="{}" alt="{}">'
            '<span class="mark" aria-hidden="true"></span></span>'
            '<span class="focal-help">{}</span>',
            background.thumbnail.url,
            background.alt,
            _(
                "Click the part that must stay visible on screens of another shape. The numbers "
                "below give the same point."
            ),
        )

    @admin.display(description=_("rooms"))
    def used_in(self, background: Background) -> str:
        return ", ".join(room.title for room in background.rooms.all()) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Background]:
        return super().get_queryset(request).prefetch_related("rooms")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Encode first: Django validates in a transaction, and SQLite has one writer at a time."""
        upload = request.FILES.get("upload")
        if isinstance(upload, UploadedFile) and self.has_view_or_change_permission(request):
            upload.encoded = encoded(upload)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Background, form: Any, change: bool) -> None:
        if form.files_written is None:
            obj.save()
        else:
            backgrounds.adopt(obj, form.files_written, form.picture)

    def delete_model(self, request: HttpRequest, obj: Background) -> None:
        self.delete_queryset(request, Background.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Background]) -> None:
        files = [each for each in map(backgrounds.current, queryset) if each]
        queryset.delete()
        for each in files:
            transaction.on_commit(partial(backgrounds.remove, each))
