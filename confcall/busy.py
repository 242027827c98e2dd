"""Answers requests that the database fails with "try again in a moment" instead of an error."""

from __future__ import annotations

from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from rooms import database
from rooms.views.busy import busy


class BusyMiddleware(MiddlewareMixin):
    """For views, and for the pages that are rendered after their view."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, database.AWAY):
            return None
        database.note(exception)
        return busy(request)


class SessionMiddleware(sessions.SessionMiddleware):
    """Saves the session after the view, where no middleware hears of an error."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except database.AWAY as exc:
            database.note(exc)
            return busy(request)
