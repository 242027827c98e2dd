"""Where other sites tell us that they answer to a page of ours, and how they learn of it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from rooms.entry import throttle
from rooms.fetching import Refused, targets
from rooms.indieweb.webmentions import queue
from rooms.indieweb.webmentions.targets import is_ours, page
from rooms.models.sites import MAX_URL

FORM = "application/x-www-form-urlencoded"
FULL_RETRY_SECONDS = 600


# Programs of other sites have no token of ours. Nothing changes before the source has been asked.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def webmention(request: HttpRequest) -> HttpResponse:
    """The endpoint (https://www.w3.org/TR/webmention/#receiving-webmentions)."""
    if request.method != "POST":
        return render(request, "rooms/webmention.html")
    if request.content_type != FORM:
        return _answer(400, f"Send source and target as {FORM}.")
    source = request.POST.get("source", "").strip().partition("#")[0]
    target = request.POST.get("target", "").strip()
    if problem := _problem(source, target):
        return _answer(400, problem)
    # Before anything is looked up, so that nobody can try addresses in great numbers.
    wait = throttle.wait_seconds_now("webmention", "source", urlsplit(source).hostname or "")
    if wait:
        return _later(wait, "Too many webmentions from this site came at once.")
    found = page(target)
    if found is None or found.room() is None:
        # The same for a private room and for one that does not exist.
        return _answer(404, "There is no page at the target that takes webmentions.")
    if wait := throttle.wait_seconds_now("webmention", "target", f"{found.kind}-{found.slug}"):
        return _later(wait, "Too many webmentions for this page came at once.")
    if queue.is_full():
        return _later(FULL_RETRY_SECONDS, "Too many webmentions are waiting.")
    queue.add(source, [found.url], timezone.now(), incoming=True)
    return _answer(202, "Thank you. The source will be read soon.")


def _problem(source: str, target: str) -> str:
    """What is wrong with the two addresses, in a sentence; empty if nothing is."""
    if not source or not target:
        return "Both source and target are needed."
    if max(len(source), len(target)) > MAX_URL:
        return f"An address has more than {MAX_URL} characters."
    try:
        targets.parse(source)
    except Refused as exc:
        return f"The source cannot be read. {exc}"
    if not is_ours(target):
        return "The target is not a page of this site."
    if source == target.partition("#")[0] or (page(source) and page(source) == page(target)):
        return "Source and target are the same page."
    return ""


def _answer(status: int, text: str) -> HttpResponse:
    response = HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def _later(seconds: int, text: str) -> HttpResponse:
    response = _answer(429, f"{text} Try again later.")
    response["Retry-After"] = str(seconds)
    return response
