"""Which domain a cookie must have that the site sets and Etherpad reads. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit


def cookie_domain(site_host: str, pad_url: str) -> str | None:
    """The domain of the cookie, which both hosts have in common.

    None: the same host. Empty: they have none in common, so the pad cannot be opened.
    """
    site, pad = site_host.rsplit(":", 1)[0].lower(), (urlsplit(pad_url).hostname or "").lower()
    if site == pad:
        return None
    common: list[str] = []
    for one, other in zip(reversed(site.split(".")), reversed(pad.split(".")), strict=False):
        if one != other:
            break
        common.insert(0, one)
    return ".".join(common) if len(common) > 1 else ""
