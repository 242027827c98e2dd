"""Fetching pages of other sites without reaching into private networks."""

from rooms.fetching.errors import Failed, FetchError, Refused
from rooms.fetching.fetch import Answer, fetch

__all__ = ["Answer", "Failed", "FetchError", "Refused", "fetch"]
