"""Static files: hashed names, compressed, served by WhiteNoise."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from whitenoise.responders import Redirect, StaticFile  # type: ignore[import-untyped]


class ManifestStorage(CompressedManifestStaticFilesStorage):
    """Hashed names, also in ``import`` lines of ES modules; plain names before `collectstatic`."""

    support_js_module_import_aggregation = True
    # A pass carries a new hash one import further up. Django's 5 are too few: main.js is eight
    # imports away from the last module.
    max_post_process_passes = 20

    def stored_name(self, name: str) -> str:
        if not self.hashed_files:
            return name
        return str(super().stored_name(name))


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Answers in one piece.

    ASGI cannot stream a synchronous file: Django would warn, and read it whole.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        with warnings.catch_warnings():
            # Before `collectstatic` there is no such folder, and the finders serve the files.
            warnings.filterwarnings("ignore", message="No directory at")
            super().__init__(*args, **kwargs)

    @staticmethod
    def serve(static_file: StaticFile | Redirect, request: HttpRequest) -> HttpResponse:
        answer = static_file.get_response(request.method or "GET", request.META)
        body = b""
        if answer.file is not None:
            with answer.file:
                body = answer.file.read()
        response = HttpResponse(body, status=int(answer.status))
        del response["Content-Type"]
        for name, value in answer.headers:
            response[name] = value
        return response
