"""System checks: everything in the environment that would not work, with an id and a remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from rooms.notes.cookie_domain import cookie_domain


@register(Tags.security)
def environment(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The values that ``confcall.env`` could not use."""
    return [
        (Error if p.serious else Warning)(p.message, hint=p.hint, id=p.id)
        for p in settings.ENV_PROBLEMS
    ]


@register(Tags.security)
def combinations(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Values that are valid by themselves but do not fit together."""
    return [message for message in (proxy(), debug(), etherpad(), turn(), micropub()) if message]


def proxy() -> CheckMessage | None:
    if settings.HTTPS and not settings.TRUST_PROXY:
        return Warning(
            "SITE_URL begins with https, but no proxy is trusted to provide it.",
            hint="Put a TLS proxy in front and set TRUST_PROXY=1.",
            id="confcall.W101",
        )
    return None


def debug() -> CheckMessage | None:
    if settings.DEBUG and settings.HTTPS:
        return Error(
            "DEBUG is on for a public site.",
            hint="Remove DEBUG from the environment.",
            id="confcall.E102",
        )
    return None


def etherpad() -> CheckMessage | None:
    if settings.ETHERPAD_URL and not settings.ETHERPAD_API_KEY:
        return Error(
            "ETHERPAD_URL is set without Etherpad's API key, so no pad can be created.",
            hint="Set ETHERPAD_API_KEY_FILE to the file with Etherpad's key, or remove "
            "ETHERPAD_URL to use the built-in notes.",
            id="confcall.E103",
        )
    if settings.ETHERPAD_URL.startswith("http://") and settings.HTTPS:
        return Error(
            "The site uses https but ETHERPAD_URL does not, so browsers will not show the notes.",
            hint="Give Etherpad its own host name behind the same proxy, such as "
            "https://pad.example.org.",
            id="confcall.E104",
        )
    site = urlsplit(settings.SITE_URL).netloc
    if settings.ETHERPAD_URL and cookie_domain(site, settings.ETHERPAD_URL) == "":
        return Warning(
            "ETHERPAD_URL has no parent domain in common with the site, so no one gets into the "
            "pads.",
            hint="Give Etherpad a host name beside the site's or below it, such as "
            "https://pad.example.org.",
            id="confcall.W110",
        )
    return None


def turn() -> CheckMessage | None:
    if bool(settings.TURN_URLS) != bool(settings.TURN_SECRET):
        return Error(
            "Only one of TURN_URLS and TURN_SECRET is set, so no browser can use the relay.",
            hint="Set both, with coturn's static-auth-secret in TURN_SECRET_FILE, or set neither.",
            id="confcall.E105",
        )
    return None


def micropub() -> CheckMessage | None:
    # A token alone is not used: deploy/make-secrets.sh makes each secret.
    if settings.MICROPUB_URL and not settings.MICROPUB_TOKEN:
        return Error(
            "MICROPUB_URL is set without MICROPUB_TOKEN, so your site gets no posts.",
            hint="Set both, with the access token in MICROPUB_TOKEN_FILE, or set neither.",
            id="confcall.E106",
        )
    parts = urlsplit(settings.MICROPUB_URL)
    private = parts.hostname in settings.FETCH_PRIVATE or parts.netloc in settings.FETCH_PRIVATE
    if parts.scheme == "http" and not private:
        return Error(
            "MICROPUB_URL is not https, so anyone on the way could read the access token.",
            hint="Use the https address of your site, or name its host in FETCH_PRIVATE if it is "
            "in your own network.",
            id="confcall.E107",
        )
    return None
