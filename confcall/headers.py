"""The security headers that Django does not set itself."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from rooms.security import (
    compiles,
    content_security_policy,
    cors,
    permissions_policy,
    worker_policy,
)


class SecurityHeadersMiddleware:
    """Sets Content-Security-Policy, Permissions-Policy and the admin's Referrer-Policy where
    missing.

    It also sets what other sites may read, so that they can read errors that no view has produced.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = worker_policy() if compiles(request.path) else content_security_policy()
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", permissions_policy())
        # Also if Django answers before the view does, or because it failed. Without these headers a
        # browser tells its page nothing, not even the status.
        for name, value in cors(request.path_info).items():
            response.headers[name] = value
        if (
            request.path.startswith("/admin/")
            and response.get("Referrer-Policy") == settings.SECURE_REFERRER_POLICY
        ):
            # With no-referrer, a browser sends "Origin: null" with a form, which Django's CSRF
            # check refuses.
            response.headers["Referrer-Policy"] = "same-origin"
        return response
