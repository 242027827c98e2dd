"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from rooms.views import (
    admit,
    assets,
    front,
    health,
    lobby,
    metrics,
    notes,
    notes_files,
    room,
    waiting,
)

# The key of a notes link, or the longer ticket of somebody in the call.
KEY = r"(?P<key>[a-zA-Z0-9_-]{1,2800})"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", front.front, name="front"),
    # handler404 mends paths that do not match exactly, see rooms.entry.links.
    re_path(r"^i/(?P<token>[a-zA-Z0-9_-]{1,64})/\Z", room.invite, name="invite"),
    re_path(r"^r/(?P<slug>[a-z0-9-]{1,63})/\Z", room.room, name="room"),
    re_path(r"^waiting/(?P<signed>[a-zA-Z0-9:_-]{1,200})/\Z", waiting.ask, name="waiting"),
    re_path(r"^admit/(?P<signed>[a-zA-Z0-9:_-]{1,200})/\Z", admit.admit, name="admit"),
    re_path(rf"^n/{KEY}/\Z", notes.notes, name="notes"),
    re_path(rf"^n/{KEY}/notes\.(?P<kind>md|html)\Z", notes_files.export, name="notes_export"),
    re_path(rf"^n/{KEY}/versions/\Z", notes_files.history, name="notes_versions"),
    re_path(rf"^n/{KEY}/versions/(?P<pk>\d{{1,18}})/\Z", notes_files.version, name="notes_version"),
    re_path(
        r"^media/backgrounds/(?P<name>[a-z0-9-]{1,80})\.(?P<kind>webp|jpg)$",
        assets.background_image,
        name="background",
    ),
    path("look/<int:pk>.<slug:fingerprint_>.css", assets.look, name="look"),
    path("present/", lobby.present, name="present"),
    path("push.js", assets.push_worker, name="push_worker"),
    path("reach/", lobby.reach, name="reach"),
    path("", include("rooms.whip_urls")),
    path("", include("rooms.site_urls")),
    path("health/", health.health, name="health"),
    path("metrics", metrics.metrics, name="metrics"),
]
