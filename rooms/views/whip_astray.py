"""WHIP and WHEP addresses that are almost right, and those that are wrong.

Many clients lose the body of a POST at a redirect, so an almost right address is served directly.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from rooms.entry.links import media_address
from rooms.views.whip import endpoint
from rooms.views.whip_request import Problem, answered
from rooms.views.whip_session import session


@answered
async def astray(request: HttpRequest) -> HttpResponse:
    """Paths that begin with ``/whip`` or ``/whep`` but are not valid addresses."""
    meant = media_address(request.path_info)
    if meant is None:
        if request.method == "OPTIONS":
            # A browser reads the answer below only after a successful preflight.
            return HttpResponse(status=200)
        raise Problem(
            404,
            _(
                "Nothing was found at this address. It must end in /whip/ or /whep/ and the room's "
                "name."
            ),
        )
    kind, slug, resource = meant
    if resource is None:
        return await endpoint(request, kind=kind, slug=slug)
    return await session(request, kind=kind, slug=slug, resource=resource)
