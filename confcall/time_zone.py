"""The admin shows and reads times in the time zone of the site."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from rooms import site_time

# Pages with times that templates write. Other pages and the archives ask ``site_time`` themselves.
LOCAL = ("/admin/", "/p/")


class SiteTimeMiddleware:
    """Activates the zone for one request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(LOCAL):
            return self.get_response(request)
        with timezone.override(site_time.zone()):
            return self.get_response(request)
