"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from rooms.views import assets, front, health, lobby, metrics, notes, room, waiting

urlpatterns: list[URLPattern | URLResolver] = [
    path("", front.front, name="front"),
    # handler404 mends paths that do not match exactly, see rooms.entry.links.
    re_path(r"^i/(?P<token>[a-zA-Z0-9_-]{1,64})/\Z", room.invite, name="invite"),
    re_path(r"^r/(?P<slug>[a-z0-9-]{1,63})/\Z", room.room, name="room"),
    re_path(r"^waiting/(?P<signed>[a-zA-Z0-9:_-]{1,200})/\Z", waiting.ask, name="waiting"),
    re_path(r"^n/(?P<key>[a-zA-Z0-9_-]{1,64})/\Z", notes.notes, name="notes"),
    re_path(
        r"^media/backgrounds/(?P<name>[a-z0-9-]{1,80})\.(?P<kind>webp|jpg)$",
        assets.background_image,
        name="background",
    ),
    path("look/<int:pk>.<slug:fingerprint_>.css", assets.look, name="look"),
    path("present/", lobby.present, name="present"),
    path("reach/", lobby.reach, name="reach"),
    path("", include("rooms.whip_urls")),
    path("", include("rooms.site_urls")),
    path("health/", health.health, name="health"),
    path("metrics", metrics.metrics, name="metrics"),
]
