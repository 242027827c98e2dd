"""Webmentions (https://www.w3.org/TR/webmention/): answers of other sites to our rooms, and ours.

``queue`` keeps what waits in the database, and ``work`` does it, outside all requests.
"""
