"""The script that makes ``<conf-call>`` elements of other sites, and its types.

Any page may load them: they say nothing about a room. They are the same for everyone.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

HEADERS = {
    "Cache-Control": "public, max-age=3600",
    # Also for pages that load it with crossorigin, or take only what says so.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'",
    "Vary": "Accept-Encoding",
}


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The element."""
    return _answer(request, "embed.js", "text/javascript")


@require_safe
def types(request: HttpRequest) -> HttpResponse:
    """Its declarations for TypeScript."""
    return _answer(request, "embed.d.ts", "text/plain")


@cache
def _file(name: str, zipped: bool) -> tuple[bytes, str]:
    """A file and its entity tag."""
    body = (settings.BASE_DIR / "static" / "embed" / name).read_bytes()
    # Without a time in it, so that each process has the same bytes, and the same tag.
    body = gzip.compress(body, mtime=0) if zipped else body
    return body, f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def _answer(request: HttpRequest, name: str, kind: str) -> HttpResponse:
    # As Django's GZipMiddleware asks. The script is public, so its size gives nothing away.
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    body, tag = _file(name, zipped)
    headers = HEADERS | {"ETag": tag}
    whole = HttpResponse(body, content_type=f"{kind}; charset=utf-8", headers=headers)
    if zipped:
        whole["Content-Encoding"] = "gzip"
    response = get_conditional_response(request, tag, response=whole) or whole
    for header, value in headers.items():
        response[header] = value
    return response
