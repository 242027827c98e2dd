"""Fetching a page of another site, which may be anyone's and may be hostile.

Only public addresses are reached (`FETCH_PRIVATE` lists the exceptions). A name is looked up once
for each request, all its addresses are checked, and the connection goes to one of these. So a name
that has another address a moment later gains nothing.
"""

from __future__ import annotations

import http.client
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.conf import settings

from rooms.fetching import lookup, targets
from rooms.fetching.addresses import is_public
from rooms.fetching.connection import Budget, Connection
from rooms.fetching.errors import Failed, Refused, TooSlow
from rooms.fetching.targets import Target

MAX_BYTES = 1_000_000
SECONDS = 10.0
REDIRECTS = 5

# Besides the body: status lines, headers, the lengths of chunks.
_OVERHEAD = 128 * 1024  # bytes
_PIECE = 16 * 1024  # bytes
_MOVED = (301, 302, 303, 307, 308)
# Not for another site than the one that the caller named.
_SECRET = ("authorization", "cookie")


@dataclass(frozen=True, slots=True)
class Answer:
    """``url`` is the last one, after redirects.

    ``headers`` has lower-case names; the values of a repeated header are joined by commas.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """Such as ``text/html``, without parameters; empty if the site gives none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes | None

    def moved(self, answer: Answer) -> _Request:
        """What to ask for after a redirect, as browsers do it. Raises Refused."""
        location = (
            answer.headers["location"].encode("latin-1", "replace").decode("utf-8", "replace")
        )
        target = targets.parse(targets.join(answer.url, location.strip()))
        method, headers, body = self.method, self.headers, self.body
        if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
            method, body = ("HEAD" if method == "HEAD" else "GET"), None
        if target.origin != self.target.origin:
            if body is not None:
                raise Refused("The site redirects what was sent to another site.")
            headers = {k: v for k, v in headers.items() if k.lower() not in _SECRET}
        return _Request(method, target, headers, body)


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    max_bytes: int = MAX_BYTES,
    seconds: float = SECONDS,
    redirects: int = REDIRECTS,
    accept: str = "*/*",
) -> Answer:
    """The site's answer, whatever its status. Raises Refused or Failed.

    ``max_bytes`` limits the decoded body, ``seconds`` everything together. With ``redirects=0``, a
    redirect is an answer like any other. ``headers`` may be secret: another origin gets neither
    ``Authorization`` nor ``Cookie`` nor ``body``.
    """
    deadline = time.monotonic() + seconds
    request = _Request(method, targets.parse(url), {"Accept": accept, **(headers or {})}, body)
    for left in range(redirects, -1, -1):
        budget = Budget(deadline, 2 * max_bytes + _OVERHEAD)
        answer = _ask(request, budget, max_bytes, follows=left > 0)
        if redirects == 0 or not _is_redirect(answer.status, answer.headers):
            return answer
        if left > 0:
            request = request.moved(answer)
    raise Failed("The site redirects too often.")


def check(url: str, seconds: float) -> str:
    """The address as it would be fetched, for a browser to go to. Raises Refused or Failed.

    A page of another site must not send people to an address in their own network either.
    """
    target = targets.parse(url)
    checked(target, seconds)
    return target.url


def checked(target: Target, seconds: float) -> list[str]:
    """The addresses of a target that may be reached. Raises Refused or Failed."""
    private = target.is_among(settings.FETCH_PRIVATE)
    if not private and not target.has_usual_port:
        raise Refused("The address has a port that is not used for web sites.")
    found = lookup.addresses(target.host, target.port, seconds)
    if not private and not all(map(is_public, found)):
        raise Refused("The address is in a private network.")
    return found


def _ask(request: _Request, budget: Budget, max_bytes: int, follows: bool) -> Answer:
    """One request and its answer. If ``follows``, the body of a redirect is not read."""
    target = request.target
    connection = Connection(target, checked(target, budget.seconds()), budget)
    own = {
        "Host": target.netloc,
        "User-Agent": f"confcall ({settings.SITE_URL})",
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }
    try:
        connection.request(request.method, target.path, request.body, {**request.headers, **own})
        response = connection.getresponse()
        headers = _headers(response)
        skipped = follows and _is_redirect(response.status, headers)
        body = b"" if skipped else b"".join(_pieces(response, headers, max_bytes))
        return Answer(target.url, response.status, headers, body)
    except ssl.SSLCertVerificationError as exc:
        raise Failed("The site's certificate is not valid.") from exc
    except ssl.SSLError as exc:
        raise Failed("The site offers no secure connection.") from exc
    except TimeoutError as exc:
        raise TooSlow("The site took too long.") from exc
    except OSError as exc:
        raise Failed("The site cannot be reached.") from exc
    except (http.client.HTTPException, ValueError, zlib.error) as exc:
        raise Failed("The site's answer cannot be understood.") from exc
    finally:
        connection.close()


def _is_redirect(status: int, headers: Mapping[str, str]) -> bool:
    return status in _MOVED and bool(headers.get("location"))


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        name = name.lower()
        repeated = name in headers and name != "location"
        headers[name] = f"{headers[name]}, {value}" if repeated else value
    return headers


def _pieces(
    response: http.client.HTTPResponse, headers: Mapping[str, str], max_bytes: int
) -> Iterator[bytes]:
    """The decoded body. Raises Failed as soon as it is too large."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", "deflate", ""):
        raise Failed("The site's answer has an encoding that was not asked for.")
    decoder = zlib.decompressobj(wbits=47) if coding not in ("identity", "") else None
    room = max_bytes
    while raw := response.read(_PIECE):
        # At most one byte more than allowed is ever decoded.
        piece = decoder.decompress(raw, room + 1) if decoder else raw
        room -= len(piece)
        if room < 0:
            raise Failed("The site's answer is too large.")
        yield piece
    if response.length or (decoder is not None and not decoder.eof and room < max_bytes):
        raise Failed("The site's answer ended too early.")
