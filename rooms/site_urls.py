"""Addresses for other sites and their readers."""

from django.urls import URLPattern, re_path

from rooms.views import assets

urlpatterns: list[URLPattern] = [
    re_path(r"^media/photos/(?P<name>[a-z0-9]{1,40})\.webp\Z", assets.photo, name="photo"),
]
