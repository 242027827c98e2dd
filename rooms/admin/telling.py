"""Tells the owner's own site about a post."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from rooms.models import Post
from rooms.posts import micropub


def copy(request: HttpRequest, post: Post, was_withdrawn: bool) -> None:
    """Bring the copy on the owner's site in line with the post, and tell the owner how it went.

    It asks the other site, for some seconds at most, so no transaction may be open.
    """
    try:
        if post.withdrawn:
            if post.copy_url:
                micropub.delete(post)
            return
        if not post.copy_url:
            address = micropub.create(post)
        else:
            if was_withdrawn:
                micropub.undelete(post)
            address = micropub.update(post)
        Post.objects.filter(pk=post.pk).update(copy_url=address)
        post.copy_url = address
        text = _("The copy on your site is up to date: {}")
        messages.success(request, format_html(text, format_html('<a href="{0}">{0}</a>', address)))
    except micropub.NotTaken as exc:
        text = _("The post here is as you want it, but the copy on your site is not. {} {}")
        again = reverse("admin:rooms_post_copy", args=[post.pk])
        link = format_html('<a href="{}">{}</a>', again, _("Try again"))
        messages.warning(request, format_html(text, str(exc), link))
