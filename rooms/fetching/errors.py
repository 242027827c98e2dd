"""Why a page of another site was not fetched, in short sentences without secrets."""

from __future__ import annotations


class FetchError(Exception):
    """Nothing was fetched; the text says why, and may be shown to the owner."""


class Refused(FetchError):
    """This address is never fetched, so there is no point in trying again."""


class Failed(FetchError):
    """The site did not answer as it should. It may do so later."""


class TooSlow(Failed):
    """The time was over before there was an answer."""
