"""Posts: published from a room's or a call's notes, changed, withdrawn and published again."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rooms.admin import telling
from rooms.admin.bases import LINES, PostModelAdmin, PostModelForm
from rooms.admin.publishing import copy_view, publish_view, update_view
from rooms.admin.widgets import full_link
from rooms.entry.sharing import absolute
from rooms.models import Post
from rooms.posts import micropub, publishing
from rooms.posts.sanitise import clean_html, is_empty, links


class PostForm(PostModelForm):
    def is_multipart(self) -> bool:
        """A long text takes less space in such a form."""
        return True

    def clean_html(self) -> str:
        html = clean_html(self.cleaned_data["html"])
        if is_empty(html):
            raise forms.ValidationError(
                _("There is no text left. Write some, or withdraw the post.")
            )
        return html


@admin.register(Post)
class PostAdmin(PostModelAdmin):
    form = PostForm
    formfield_overrides = LINES | {
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 24, "class": "vLargeTextField"})}
    }
    list_display = ["title", "state", "room", "authors", "published"]
    list_filter = ["withdrawn", "room"]
    list_select_related = ["room"]
    search_fields = ["title", "authors"]
    date_hierarchy = "published"
    fields = ["link", "state", "title", "authors", "published", "html", "copy"]
    readonly_fields = ["link", "state", "copy"]
    view_on_site = False
    change_form_template = "admin/rooms/post/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A post is made of notes, on the page of a room or of a call."""
        return False

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(address, self.admin_site.admin_view(partial(view, self)), name=name)
            for address, view, name in (
                ("publish/", publish_view, "rooms_post_publish"),
                ("<int:pk>/update/", update_view, "rooms_post_update"),
                ("<int:pk>/copy/", copy_view, "rooms_post_copy"),
            )
        ]
        return [*own, *super().get_urls()]

    @admin.display(description=_("address"))
    def link(self, post: Post) -> SafeString:
        return full_link(absolute(post.get_absolute_url()))

    @admin.display(description=_("state"))
    def state(self, post: Post) -> str:
        return gettext("withdrawn") if post.withdrawn else gettext("published")

    @admin.display(description=_("copy on your site"))
    def copy(self, post: Post) -> SafeString | str:
        if not post.copy_url:
            return gettext("none")
        return format_html('<a href="{0}">{0}</a>', post.copy_url)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        extra = {**(extra_context or {}), "micropub": micropub.is_configured()}
        return super().change_view(request, object_id, form_url, extra)

    def save_model(self, request: HttpRequest, obj: Post, form: Any, change: bool) -> None:
        stored = Post.objects.get(pk=obj.pk)
        if "_withdraw" in request.POST:
            obj.withdrawn = True
        elif "_again" in request.POST:
            obj.withdrawn = False
        if not publishing.change(obj, timezone.now()):
            return
        telling.mention(obj, links(stored.html))
        if obj.copy_url and micropub.is_configured():
            # Not while the database waits for the end of this transaction.
            was = stored.withdrawn
            transaction.on_commit(partial(telling.copy, request, obj, was_withdrawn=was))

    def response_change(self, request: HttpRequest, obj: Post) -> HttpResponse:
        if "_withdraw" in request.POST:
            text = gettext("The post is withdrawn. Its address says so from now on.")
        elif "_again" in request.POST:
            text = gettext("The post is published again, at the same address.")
        else:
            return super().response_change(request, obj)
        messages.success(request, text)
        return HttpResponseRedirect(request.path)
