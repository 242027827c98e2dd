"""The client's side of IndieAuth: whose site is it? No state, and no browser.

The sections are those of https://indieauth.spec.indieweb.org/ as of July 2024. Nothing is fetched
but through ``rooms.fetching``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlencode, urlsplit

from rooms import fetching
from rooms.fetching import Answer
from rooms.indieweb import microformats
from rooms.indieweb.site_address import BadAddress, normalise

# Signing in takes at most this long on our side, for each of its two steps.
STEP_SECONDS = 20.0
FETCH_SECONDS = 8.0
MAX_PAGE = 1_000_000  # bytes
MAX_JSON = 64 * 1024  # bytes
# A cookie has to carry two of these.
MAX_ENDPOINT = 500

SCOPE = "profile"
HTML = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"


class Why(Enum):
    """Why nobody is signed in."""

    bad_address = "bad_address"
    no_site = "no_site"
    slow = "slow"
    no_indieauth = "no_indieauth"
    mismatch = "mismatch"
    cancelled = "cancelled"


class SignInError(Exception):
    """``detail`` is for the log, and contains no secret."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why.value}: {detail}")
        self.why = why


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a step, in seconds of ``time.monotonic``."""

    at: float

    @classmethod
    def begin(cls) -> Deadline:
        return cls(time.monotonic() + STEP_SECONDS)

    def seconds(self) -> float:
        """For the next fetch. Raises SignInError."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise SignInError(Why.slow, "the whole step")
        return min(left, FETCH_SECONDS)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a site's owner proves that it is theirs. ``issuer`` is empty for older servers."""

    endpoint: str
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A site that names its server, and its page as it was fetched."""

    me: str
    server: Server
    page: Answer = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What the browser carries to the server and the code brings back (5.2, RFC 7636)."""

    client_id: str
    redirect_uri: str
    state: str
    verifier: str


# 4.1 Discovery


def discover(me: str, deadline: Deadline) -> Site:
    """The server of the site ``me``. Raises SignInError."""
    page = _fetch(me, Why.no_site, deadline, accept=HTML, max_bytes=MAX_PAGE)
    rels = _rels(page)
    if (metadata := rels.get("indieauth-metadata")) is not None:
        return Site(me, _from_metadata(metadata, deadline), page)
    endpoint = rels.get("authorization_endpoint")
    if endpoint is None:
        raise SignInError(Why.no_indieauth, "the page names no server")
    return Site(me, Server(_endpoint(endpoint, deadline)), page)


def _rels(page: Answer) -> dict[str, str]:
    """The first address of each relation: those of the header, then those of the page."""
    found = microformats.parse(page)["rels"]
    rels = {name: urls[0] for name, urls in found.items() if urls}
    return rels | link_header(page.headers.get("link", ""), page.url)


def link_header(value: str, base: str) -> dict[str, str]:
    """The first address of each relation in a ``Link`` header (RFC 8288)."""
    rels: dict[str, str] = {}
    for part in value.split("<")[1:]:
        address, _, parameters = part.partition(">")
        for parameter in parameters.rstrip(" ,").split(";"):
            name, _, names = parameter.partition("=")
            if name.strip().lower() == "rel":
                for rel in names.strip().strip('"').lower().split():
                    rels.setdefault(rel, _joined(base, address.strip()))
                break
    return rels


def _joined(base: str, address: str) -> str:
    try:
        return fetching.join(base, address)
    except fetching.Refused:
        return address


def _from_metadata(url: str, deadline: Deadline) -> Server:
    """4.1.1: the issuer is the beginning of the address of its metadata."""
    answer = _fetch(url, Why.no_indieauth, deadline, accept="application/json", max_bytes=MAX_JSON)
    metadata = _object(answer, Why.no_indieauth)
    issuer, endpoint = metadata.get("issuer"), metadata.get("authorization_endpoint")
    if not isinstance(endpoint, str) or not isinstance(issuer, str):
        raise SignInError(Why.no_indieauth, "the metadata names no issuer or no endpoint")
    try:
        parts = urlsplit(issuer)
    except ValueError:
        raise SignInError(Why.no_indieauth, "the issuer is no address") from None
    if not answer.url.startswith(issuer) or not parts.netloc or parts.query or parts.fragment:
        raise SignInError(Why.no_indieauth, "the issuer is not where the metadata is")
    if len(issuer) > MAX_ENDPOINT:
        raise SignInError(Why.no_indieauth, "the issuer is too long")
    return Server(_endpoint(endpoint, deadline), issuer)


def _endpoint(url: str, deadline: Deadline) -> str:
    """An address that a browser may be sent to. Raises SignInError if it is private."""
    try:
        checked = fetching.check(url, deadline.seconds())
    except fetching.FetchError as exc:
        raise SignInError(Why.no_indieauth, str(exc)) from exc
    if len(checked) > MAX_ENDPOINT:
        raise SignInError(Why.no_indieauth, "the endpoint is too long")
    return checked


def host(url: str) -> str:
    """The host of an address, with its port, for people to read."""
    return urlsplit(url).netloc


# 5.2 Authorization request


def authorization_url(site: Site, request: Request) -> str:
    """Where the browser goes."""
    digest = hashlib.sha256(request.verifier.encode()).digest()
    query = urlencode(
        {
            "response_type": "code",
            "client_id": request.client_id,
            "redirect_uri": request.redirect_uri,
            "state": request.state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "scope": SCOPE,
            "me": site.me,
        }
    )
    endpoint = site.server.endpoint
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"


# 5.3 Redeeming the code


@dataclass(frozen=True, slots=True)
class Proof:
    """The site that was proved, what its server says of its owner, and its page if we have it."""

    me: str
    profile: dict[str, Any]
    page: Answer | None = field(default=None, repr=False)


def redeem(me: str, server: Server, code: str, request: Request, deadline: Deadline) -> Proof:
    """Whose site it is, now that the server has sent a code. Raises SignInError.

    ``me`` is the site that was asked for. The server may name another one, but only if that site
    names the same server (5.4).
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": request.client_id,
        "redirect_uri": request.redirect_uri,
        "code_verifier": request.verifier,
    }
    answer = _fetch(
        server.endpoint,
        Why.mismatch,
        deadline,
        method="POST",
        body=urlencode(form).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        accept="application/json",
        max_bytes=MAX_JSON,
        redirects=0,
    )
    said = _object(answer, Why.mismatch)
    profile = said.get("profile")
    try:
        proved = normalise(str(said.get("me", "")))
    except BadAddress:
        raise SignInError(Why.mismatch, "the server names no site") from None
    page = None
    if proved != me:
        try:
            other = discover(proved, deadline)
        except SignInError as exc:
            raise SignInError(Why.mismatch, f"the other site: {exc}") from exc
        if other.server != server:
            raise SignInError(Why.mismatch, "the other site has another server")
        page = other.page
    return Proof(proved, profile if isinstance(profile, dict) else {}, page)


def _fetch(url: str, why: Why, deadline: Deadline, **options: Any) -> Answer:
    """A page that is there. Raises SignInError."""
    try:
        answer = fetching.fetch(url, seconds=deadline.seconds(), **options)
    except fetching.FetchError as exc:
        slow = isinstance(exc, fetching.TooSlow)
        raise SignInError(Why.slow if slow else why, str(exc)) from exc
    if not answer.ok:
        raise SignInError(why, f"status {answer.status}")
    return answer


def _object(answer: Answer, why: Why) -> dict[str, Any]:
    """The JSON object in an answer. Raises SignInError."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise SignInError(why, "not a JSON object")
    return body
