"""Django's admin site with another first page.

It is made before any model or admin page can be imported."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path


class OwnerSite(AdminSite):
    """Everything below the first page is Django's admin, with its permissions."""

    index_template = "admin/index.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from rooms.admin.home import notify, page

        answer = page.part(request)
        if answer is not None:
            return answer
        context = page.context(request) | notify.context(request)
        return super().index(request, context | (extra_context or {}))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            path("home/room/", self._view("make_room"), name="home_room"),
            path("home/invite/<int:pk>/", self._view("new_invite"), name="home_invite"),
            path("home/time-zone/", self._view("set_zone"), name="home_zone"),
            path("home/device/", self._view("add_device"), name="home_device"),
            path("home/device/remove/", self._view("remove_device"), name="home_remove_device"),
            *super().get_urls(),
        ]

    def _view(self, name: str) -> Any:
        """The view of ``rooms.admin.home.page``, which needs models, for whoever is logged in."""

        def view(request: HttpRequest, **parts: Any) -> HttpResponse:
            from rooms.admin.home import page

            answer: HttpResponse = getattr(page, name)(request, **parts)
            return answer

        return self.admin_view(view)
