"""Addresses for programs that read our pages from elsewhere."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.templatetags.static import static

register = template.Library()


@register.simple_tag
def absolute_static(path: str) -> str:
    """The full address of a static file, because previews are assembled on other machines."""
    return f"{settings.SITE_URL}{static(path)}"
