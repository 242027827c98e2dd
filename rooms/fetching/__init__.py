"""Fetching pages of other sites without reaching into private networks."""
