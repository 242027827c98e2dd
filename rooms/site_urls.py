"""Addresses for other sites and their readers."""

from django.urls import URLPattern, path, re_path

from rooms.views import assets
from rooms.views.sites import (
    calendars,
    card,
    door,
    embed_script,
    oembed,
    picture,
    posts,
    sign_in,
    webmention,
)

urlpatterns: list[URLPattern] = [
    path("embed.js", embed_script.script, name="embed_script"),
    path("embed.d.ts", embed_script.types, name="embed_types"),
    re_path(r"^picture/(?P<name>[0-9a-f-]{1,80})\.jpg\Z", picture.picture, name="picture"),
    re_path(r"^oembed\Z", oembed.oembed, name="oembed"),
    re_path(r"^e/r/(?P<slug>[a-z0-9-]{1,63})/\Z", card.room, name="card"),
    re_path(r"^e/i/(?P<token>[a-zA-Z0-9_-]{1,64})/\Z", card.invite, name="card_invite"),
    re_path(r"^e/d/(?P<slug>[a-z0-9-]{1,63})/\Z", door.room, name="door"),
    re_path(r"^e/d/(?P<slug>[a-z0-9-]{1,63})\.svg\Z", door.image, name="door_image"),
    re_path(r"^media/photos/(?P<name>[a-z0-9]{1,40})\.webp\Z", assets.photo, name="photo"),
    re_path(r"^calendar\.ics\Z", calendars.feed, name="calendar"),
    re_path(
        r"^r/(?P<slug>[a-z0-9-]{1,63})/event\.ics\Z",
        calendars.room_calendar,
        name="room_calendar",
    ),
    re_path(
        r"^i/(?P<token>[a-zA-Z0-9_-]{1,64})/event\.ics\Z",
        calendars.invite_calendar,
        name="invite_calendar",
    ),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/back/", sign_in.back, name="sign_in_back"),
    path("sign-in/out/", sign_in.sign_out, name="sign_out"),
    path("sign-in/client.json", sign_in.client, name="sign_in_client"),
    re_path(r"^r/(?P<slug>[a-z0-9-]{1,63})/sign-in/\Z", sign_in.room_sign_in, name="room_sign_in"),
    re_path(r"^p/\Z", posts.posts, name="posts"),
    re_path(r"^p/feed\.atom\Z", posts.posts_feed, name="posts_feed"),
    re_path(r"^p/(?P<slug>[a-z0-9-]{1,63})/\Z", posts.post, name="post"),
    re_path(r"^p/(?P<slug>[a-z0-9-]{1,63})\.md\Z", posts.post_markdown, name="post_markdown"),
    re_path(r"^webmention\Z", webmention.webmention, name="webmention"),
]
