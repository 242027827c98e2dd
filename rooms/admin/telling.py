"""Tells other sites about a post: those that it links to, and the owner's own."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from rooms.entry.sharing import absolute
from rooms.indieweb.webmentions.sending import send_for
from rooms.models import Post
from rooms.posts import micropub
from rooms.posts.sanitise import links


def mention(post: Post, before: Iterable[str] = ()) -> None:
    """Queue webmentions for what the post links to, and for what it linked to ``before``.

    A site that is no longer mentioned learns so too.
    """
    send_for(absolute(post.get_absolute_url()), [*before, *links(post.html)])


def copy(
    request: HttpRequest, post: Post, *, was_withdrawn: bool = False, again: bool = False
) -> None:
    """Bring the copy on the owner's site in line with the post, and tell the owner how it went.

    ``again``: an attempt has failed, so the copy may be deleted there or not. It asks the other
    site, for some seconds at most, so no transaction may be open.
    """
    try:
        if not post.withdrawn:
            address = _sent(post, was_withdrawn, again)
            Post.objects.filter(pk=post.pk).update(copy_url=address)
            post.copy_url = address
            link = format_html('<a href="{0}">{0}</a>', address)
            text = _("The copy on your site is up to date: {}")
            messages.success(request, format_html(text, link))
        elif post.copy_url:
            micropub.delete(post)
            messages.success(request, _("The copy on your site is deleted."))
    except micropub.NotTaken as exc:
        text = _("The post here is as you want it, but the copy on your site is not. {} {}")
        page = reverse("admin:rooms_post_copy", args=[post.pk])
        link = format_html('<a href="{}">{}</a>', page, _("Try again"))
        messages.warning(request, format_html(text, str(exc), link))


def _sent(post: Post, was_withdrawn: bool, again: bool) -> str:
    """The address of the copy. Raises NotTaken."""
    if not post.copy_url:
        return micropub.create(post)
    if was_withdrawn:
        micropub.undelete(post)
    elif again:
        with suppress(micropub.NotTaken):
            micropub.undelete(post)
    return micropub.update(post)
