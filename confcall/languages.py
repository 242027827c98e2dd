"""Answers in the language of the browser."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from rooms import languages

# Content without words. An SVG may have some.
_WORDLESS = ("image/jpeg", "image/png", "image/webp", "text/css", "text/javascript")


class LanguageMiddleware:
    """As Django's LocaleMiddleware, but without its cookie: framed pages have none.

    Only answers that differ by language say so to caches.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        fixed = languages.of_path(request.path_info)
        language = fixed or languages.of_header(request.headers.get("Accept-Language", ""))
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        if not response.get("Content-Type", "").startswith(_WORDLESS):
            response.headers.setdefault("Content-Language", language)
            if not fixed:
                patch_vary_headers(response, ["Accept-Language"])
        return response
