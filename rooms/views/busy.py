"""The answer while the database is away, locked or slow: try again in a moment.

It needs neither the database nor a session. A page tries again by itself, unless the browser would
send a form twice.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from rooms.entry.framing import let_frame
from rooms.views.framed import is_framed

RETRY_SECONDS = 5

# What other sites may show in a frame. Which ones, only the database knows.
_FRAMEABLE = ("/r/", "/i/", "/n/", "/e/")


def words() -> str:
    """For programs."""
    return _("The server is busy. Try again in a moment.")


def busy(request: HttpRequest) -> HttpResponse:
    """503 with ``Retry-After``, in a form that the client asks for."""
    if request.accepts("text/html"):
        response = _page(request)
    elif request.accepts("application/json"):
        response = JsonResponse({"error": words()}, status=503)
    else:
        response = HttpResponse(words() + "\n", "text/plain; charset=utf-8", 503)
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest) -> HttpResponse:
    # What a POST to an invite brings, the page that the address leads to can bring again. Other
    # forms change something.
    change = request.method == "POST" and not request.path.startswith("/i/")
    context = {
        "change": change,
        # An address of this site: no path of two slashes at the start, which names another one.
        "again": "/" + request.get_full_path().lstrip("/"),
        "seconds": RETRY_SECONDS,
        "reload": request.method in ("GET", "HEAD"),
    }
    # Without the request, no context processor reads the session.
    response = HttpResponse(render_to_string("rooms/busy.html", context), status=503)
    if request.path.startswith(_FRAMEABLE) and is_framed(request):
        # It says nothing of a room, and nothing on it can be misused.
        let_frame(response, "*")
    elif request.path.startswith("/n/"):
        # The call page frames the notes.
        let_frame(response, "'self'")
    return response
