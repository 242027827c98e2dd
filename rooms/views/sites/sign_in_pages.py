"""The pages for people who could not sign in: what happened, what to do, one button."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rooms.indieweb.indieauth import Why
from rooms.views.refused import AGAIN, Page

SLUG = re.compile(r"[a-z0-9-]{1,63}")


class Held(Exception):
    """Too many sign in at once. It is worth trying again after ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


PAGES: dict[Why, tuple[int, Page]] = {
    Why.bad_address: (
        400,
        Page(
            _("This is not the address of a site"),
            _("Enter the address of your own site, such as example.org or https://example.org/me."),
            AGAIN,
        ),
    ),
    Why.no_site: (
        424,
        Page(
            _("Your site did not answer"),
            _("There is no page at the address that you entered. Check it, then try again."),
            AGAIN,
        ),
    ),
    Why.slow: (
        424,
        Page(
            _("Your site took too long"),
            _("It did not answer in time. Try again in a moment."),
            AGAIN,
        ),
    ),
    Why.no_indieauth: (
        422,
        Page(
            _("You cannot sign in with this site"),
            _(
                "The site does not say where its owner can sign in. This needs IndieAuth, which "
                "many programs for blogs have built in or as a plugin."
            ),
            AGAIN,
        ),
    ),
    Why.mismatch: (
        403,
        Page(
            _("This did not prove that the site is yours"),
            _(
                "The answer of the site does not match what was asked for, or it came too late. "
                "Begin again."
            ),
            AGAIN,
        ),
    ),
    Why.cancelled: (
        403,
        Page(
            _("You have not signed in"),
            _("Your site says that you did not agree. Nothing was passed on. You can try again."),
            AGAIN,
        ),
    ),
}

BUSY = Page(
    _("Too many people are signing in"),
    _("Try again in a moment."),
    AGAIN,
)


def way_back(slug: str, *, known: bool) -> str:
    """Where somebody can try again: strangers have only the form that is the same for all."""
    return reverse("room" if known else "room_sign_in", args=[slug])


def failed(request: HttpRequest, why: Why, again: str) -> HttpResponse:
    status, page = PAGES[why]
    return _page(request, page, why.value, again, status)


def held(request: HttpRequest, exc: Held, again: str) -> HttpResponse:
    response = _page(request, BUSY, "held", again, 429)
    response["Retry-After"] = str(exc.seconds)
    return response


def _page(request: HttpRequest, page: Page, name: str, again: str, status: int) -> HttpResponse:
    context = {"page": page, "name": name, "again": again}
    return render(request, "rooms/refused.html", context, status=status)
