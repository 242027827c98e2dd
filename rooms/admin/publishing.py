"""The admin's pages on which notes become a post, or the new text of one: a preview, a button."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rooms.admin import telling
from rooms.admin.bases import LineField, PostModelAdmin
from rooms.models import Call, Post, Room
from rooms.models.room import slug_validator
from rooms.posts import micropub, publishing
from rooms.posts.notes_text import NotesUnavailable, clean_html, is_empty
from rooms.posts.publishing import Draft
from rooms.posts.sanitise import links

# A primary key.
_NUMBER = re.compile(r"[0-9]{1,18}")

_wide = forms.TextInput(attrs={"class": "vTextField"})


class TextForm(forms.Form):
    """Carries the text that the owner has read in the preview."""

    html = forms.CharField(widget=forms.HiddenInput, strip=False)

    def clean_html(self) -> str:
        html = clean_html(self.cleaned_data["html"])
        if is_empty(html):
            raise forms.ValidationError(_("The notes are empty."))
        return html


class PublishForm(TextForm):
    title = LineField(label=_("Title"), max_length=publishing.MAX_TITLE, widget=_wide)
    slug = forms.CharField(
        label=_("Address"),
        max_length=publishing.MAX_SLUG,
        validators=[slug_validator],
        widget=_wide,
        help_text=_("The last part of the post’s address. It cannot be changed later."),
    )
    authors = LineField(
        label=_("Authors"),
        max_length=publishing.MAX_AUTHORS,
        required=False,
        widget=_wide,
        help_text=_("Everyone who reads the post sees these names. Separate them with commas."),
    )
    copy = forms.BooleanField(label=_("Also send it to my site"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not micropub.is_configured():
            del self.fields["copy"]


def publish_view(model_admin: PostModelAdmin, request: HttpRequest) -> HttpResponse:
    """``?room=`` or ``?call=`` says whose notes. GET asks, POST publishes."""
    if not request.user.has_perm("rooms.add_post"):
        raise PermissionDenied
    room, call = _source(request)
    back = _change_page("call", call.pk) if call else _change_page("room", room.pk)
    if request.method == "POST":
        form = PublishForm(request.POST)
        if form.is_valid() and (post := _publish(request, room, call, form)):
            return HttpResponseRedirect(_page_after(request, post, back))
        draft = None
    else:
        try:
            draft = publishing.draft(room, call, timezone.now())
        except NotesUnavailable as exc:
            messages.error(request, str(exc))
            return HttpResponseRedirect(back)
        if is_empty(draft.html):
            text = gettext("The notes are empty, so there is nothing to publish yet.")
            messages.warning(request, text)
            return HttpResponseRedirect(back)
        form = PublishForm(initial={name: getattr(draft, name) for name in _DRAFTED})
    return _asks(
        model_admin,
        request,
        form,
        title=gettext("Publish the notes"),
        button=gettext("Publish"),
        back=back,
        secrets=draft.secrets if draft else 0,
        others=Post.objects.filter(room=room),
        address=request.build_absolute_uri(reverse("posts")),
    )


_DRAFTED = ("title", "slug", "authors", "html")


def update_view(model_admin: PostModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The post's text is replaced by the notes as they are now."""
    post = get_object_or_404(Post, pk=pk)
    if not model_admin.has_change_permission(request, post):
        raise PermissionDenied
    back = _change_page("post", pk)
    if post.room is None:
        messages.error(request, gettext("The room is gone, and its notes with it."))
        return HttpResponseRedirect(back)
    secrets = 0
    if request.method == "POST":
        form = TextForm(request.POST)
        if form.is_valid():
            _update(request, post, form.cleaned_data["html"])
            return HttpResponseRedirect(back)
    else:
        try:
            html, secrets = publishing.without_secrets(publishing.text_of(post.room, None))
        except NotesUnavailable as exc:
            messages.error(request, str(exc))
            return HttpResponseRedirect(back)
        if is_empty(html):
            messages.warning(request, gettext("The notes are empty. The post stays as it is."))
            return HttpResponseRedirect(back)
        form = TextForm(initial={"html": html})
    return _asks(
        model_admin,
        request,
        form,
        title=gettext("Update the post from the notes"),
        button=gettext("Update the post"),
        back=back,
        secrets=secrets,
        post=post,
    )


def copy_view(model_admin: PostModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Bring the copy on the owner's own site in line with the post."""
    post = get_object_or_404(Post, pk=pk)
    if not model_admin.has_change_permission(request, post):
        raise PermissionDenied
    if not micropub.is_configured():
        raise Http404
    back = _change_page("post", pk)
    if request.method == "POST":
        telling.copy(request, post, again=True)
        return HttpResponseRedirect(back)
    context = _context(model_admin, request) | {
        "title": gettext("Send the post to your site"),
        "button": gettext("Send"),
        "back": back,
        "post": post,
    }
    return TemplateResponse(request, "admin/rooms/post/copy.html", context)


def _source(request: HttpRequest) -> tuple[Room, Call | None]:
    """The room and perhaps the call that the address names. Raises Http404."""
    found = {name: _NUMBER.fullmatch(request.GET.get(name, "")) for name in ("room", "call")}
    if number := found["call"]:
        call = get_object_or_404(Call.objects.select_related("room"), pk=int(number[0]))
        return call.room, call
    if number := found["room"]:
        return get_object_or_404(Room, pk=int(number[0])), None
    raise Http404


def _publish(request: HttpRequest, room: Room, call: Call | None, form: PublishForm) -> Post | None:
    values = form.cleaned_data
    draft = Draft(values["title"], values["slug"], values["authors"], values["html"])
    try:
        post, made = publishing.publish(room, call, draft, timezone.now())
    except ValueError:
        form.add_error("slug", gettext("Another post has this address. Choose another one."))
        return None
    if made:
        telling.mention(post)
        link = format_html('<a href="{}">{}</a>', post.get_absolute_url(), gettext("Read it"))
        text = gettext("“{}” is published. {}")
        messages.success(request, format_html(text, post.title, link))
        if values.get("copy"):
            telling.copy(request, post)
    return post


def _update(request: HttpRequest, post: Post, html: str) -> None:
    before = links(post.html)
    post.html = html
    if not publishing.change(post, timezone.now()):
        messages.info(request, gettext("The post says the same as the notes."))
        return
    messages.success(request, gettext("The post has the text of the notes."))
    telling.mention(post, before)
    if post.copy_url and micropub.is_configured() and not post.withdrawn:
        telling.copy(request, post)


def _asks(
    model_admin: PostModelAdmin, request: HttpRequest, form: TextForm, **values: Any
) -> HttpResponse:
    """The page with the form and how the text will look."""
    html = clean_html(str(form["html"].value() or ""))
    context = _context(model_admin, request) | values
    context |= {"form": form, "preview": mark_safe(html)}
    return TemplateResponse(request, "admin/rooms/post/publish.html", context)


def _context(model_admin: PostModelAdmin, request: HttpRequest) -> dict[str, Any]:
    return {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}


def _change_page(model: str, pk: int) -> str:
    return reverse(f"admin:rooms_{model}_change", args=[pk])


def _page_after(request: HttpRequest, post: Post, back: str) -> str:
    may = request.user.has_perm("rooms.change_post") or request.user.has_perm("rooms.view_post")
    return _change_page("post", post.pk) if may else back
