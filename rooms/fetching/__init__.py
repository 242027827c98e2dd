"""Fetching pages of other sites without reaching into private networks."""

from rooms.fetching.errors import Failed, FetchError, Refused, TooSlow
from rooms.fetching.fetch import Answer, check, fetch
from rooms.fetching.targets import join

__all__ = ["Answer", "Failed", "FetchError", "Refused", "TooSlow", "check", "fetch", "join"]
