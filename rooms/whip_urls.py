"""Addresses of WHIP and WHEP."""

from django.urls import URLPattern, re_path

from rooms.views import whip, whip_astray, whip_session

urlpatterns: list[URLPattern] = [
    pattern
    for kind in ("whip", "whep")
    for pattern in (
        re_path(rf"^{kind}/(?P<slug>[a-z0-9-]{{1,63}})$", whip.endpoint, {"kind": kind}, name=kind),
        re_path(
            rf"^{kind}/(?P<slug>[a-z0-9-]{{1,63}})/(?P<resource>[a-z0-9.]{{1,80}})$",
            whip_session.session,
            {"kind": kind},
            name=f"{kind}-session",
        ),
    )
]
# Last: no path below these addresses may get a page without CORS headers.
urlpatterns.append(re_path(r"^(?:/*)[Ww][Hh][IiEe][Pp](?:/|$|[^a-zA-Z0-9_-])", whip_astray.astray))
