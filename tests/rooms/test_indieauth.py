"""The client's side of IndieAuth against a site that answers over real HTTP, and lies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from rooms.indieweb import indieauth
from rooms.indieweb.indieauth import Deadline, Server, SignInError, Why, discover, link_header
from rooms.indieweb.site_address import BadAddress, normalise, shown
from tests.sites.indieauth import HTML, JSON, Identity, serve

REQUEST = indieauth.Request("https://c.test/client.json", "https://c.test/back/", "s", "v" * 43)


@pytest.fixture
def ann(settings: Any) -> Iterator[Identity]:
    with serve() as site:
        settings.FETCH_PRIVATE = [site.base.removeprefix("http://")]
        yield site


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("example.org", "https://example.org/"),
        (" HTTP://Example.ORG ", "http://example.org/"),
        ("example.org/About?x=1", "https://example.org/About?x=1"),
        ("https://example.org:443/", "https://example.org/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
        ("https://example.org./ä", "https://example.org/%C3%A4"),
    ],
)
def test_an_address_has_one_form(typed: str, address: str) -> None:
    assert normalise(typed) == address
    assert normalise(address) == address


@pytest.mark.parametrize(
    "typed",
    [
        "", "https://", "ftp://example.org/", "javascript://example.org/%0aalert(1)",
        "mailto:ann@example.org", "https://ann@example.org/", "https://example.org/#me",
        "https://example.org/../x", "https://example.org/%2E%2e/x", "https://example.org/./",
        "https://example.org:8000/", "http://127.0.0.1/", "http://[::1]/", "http://0x7f.1/",
        "http://2130706433/", "localhost", "a b.example", "https://example.org\\@evil.example/",
        "https://" + "a" * 250 + ".example/", "https://example.org/" + "a" * 250, "https://[",
    ],
)  # fmt: skip
def test_what_is_not_the_address_of_a_site_is_refused(typed: str) -> None:
    with pytest.raises(BadAddress):
        normalise(typed)


def test_a_site_of_an_intranet_may_have_a_port_and_no_dot(settings: Any) -> None:
    settings.FETCH_PRIVATE = ["intranet:8000"]
    assert normalise("http://intranet:8000") == "http://intranet:8000/"
    assert shown("http://intranet:8000/") == "intranet:8000"


def test_a_site_names_its_server_by_metadata_by_relation_or_by_header(ann: Identity) -> None:
    me, endpoint = ann.base + "/", ann.base + "/auth"
    assert discover(me, Deadline.begin()).server == Server(endpoint, ann.base + "/")
    ann.rels = "authorization_endpoint"
    assert discover(me, Deadline.begin()).server == Server(endpoint)
    link = '</other>; rel="x", </metadata>; rel="y indieauth-metadata"'
    ann.answers["/"] = (200, {**HTML, "Link": link}, ann.page().encode())
    assert discover(me, Deadline.begin()).server == Server(endpoint, ann.base + "/")


def test_the_header_link_is_read_as_others_write_it() -> None:
    value = (
        '<a?x=1,2>; title="a;b"; rel=one, <https://b.test/>; REL="two one",, <http://[>;rel=three'
    )
    assert link_header(value, "https://a.test/b/") == {
        "one": "https://a.test/b/a?x=1,2",
        "two": "https://b.test/",
        "three": "http://[",
    }


@pytest.mark.parametrize(
    ("path", "reply", "why"),
    [
        ("/", (404, HTML, b""), Why.no_site),
        ("/", (200, HTML, b"<p>Hi"), Why.no_indieauth),
        ("/", (200, HTML, b"<link rel=authorization_endpoint href='javascript:x'>"), None),
        ("/", (200, HTML, b"<link rel=authorization_endpoint href='http://127.0.0.1:9/'>"), None),
        ("/", (200, HTML, b"<link rel=authorization_endpoint href='http://10.0.0.1/x'>"), None),
        ("/", (200, HTML, b"<link rel=indieauth-metadata href='http://169.254.169.254/'>"), None),
        ("/", (302, {"Location": "http://127.0.0.1:9/"}, b""), Why.no_site),
        ("/", (302, {"Location": "file:///etc/passwd"}, b""), Why.no_site),
        ("/metadata", (302, {"Location": "http://[::1]/"}, b""), None),
        ("/metadata", (200, JSON, b"[1]"), None),
        ("/metadata", (200, JSON, b"[" * 50_000), None),
        ("/metadata", (200, JSON, b" " * 100_000), None),
    ],
)
def test_a_site_without_a_public_server_is_no_way_in(
    ann: Identity, path: str, reply: Any, why: Why | None
) -> None:
    ann.answers[path] = reply
    with pytest.raises(SignInError) as caught:
        discover(ann.base + "/", Deadline.begin())
    assert caught.value.why is (why or Why.no_indieauth)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://evil.example/"},
        {"issuer": None},
        {"issuer": "https://["},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "http://127.0.0.1:9/auth"},
        {"authorization_endpoint": "https://u:p@a.example/"},
    ],
)
def test_metadata_that_is_wrong_is_refused(ann: Identity, wrong: dict[str, Any]) -> None:
    ann.metadata = wrong
    with pytest.raises(SignInError, match="no_indieauth"):
        discover(ann.base + "/", Deadline.begin())


def test_a_private_address_is_never_asked(settings: Any) -> None:
    with serve() as site:
        with pytest.raises(SignInError, match="no_site"):
            discover(site.base + "/", Deadline.begin())
        assert site.asked == []


def test_a_site_that_takes_too_long_says_so(ann: Identity) -> None:
    with pytest.raises(SignInError) as caught:
        discover(ann.base + "/", Deadline(0.0))
    assert caught.value.why is Why.slow


def _code(ann: Identity, verifier: str = REQUEST.verifier) -> str:
    site = discover(ann.base + "/", Deadline.begin())
    url = indieauth.authorization_url(site, replace(REQUEST, verifier=verifier))
    query = dict(part.split("=", 1) for part in url.partition("?")[2].split("&"))
    from urllib.parse import unquote_plus

    ann.codes["c"] = {name: unquote_plus(value) for name, value in query.items()}
    return "c"


def _redeem(ann: Identity, **changes: Any) -> indieauth.Proof:
    server = Server(ann.base + "/auth", ann.base + "/")
    request = replace(REQUEST, **changes)
    return indieauth.redeem(ann.base + "/", server, "c", request, Deadline.begin())


def test_a_code_proves_the_site_once_and_to_whoever_began(ann: Identity) -> None:
    _code(ann)
    assert _redeem(ann).me == ann.base + "/"
    with pytest.raises(SignInError, match="mismatch"):
        _redeem(ann)
    _code(ann)
    with pytest.raises(SignInError, match="mismatch"):
        _redeem(ann, verifier="w" * 43)


def test_another_site_counts_only_if_it_names_the_same_server(ann: Identity, settings: Any) -> None:
    ann.me = ann.base + "/about"
    _code(ann)
    assert _redeem(ann).me == ann.base + "/about"
    ann.answers["/about"] = (200, HTML, b"<link rel=authorization_endpoint href=/auth>")
    _code(ann)
    with pytest.raises(SignInError, match="mismatch"):
        _redeem(ann)  # the same endpoint, but not by the same issuer
    with serve() as ben:
        settings.FETCH_PRIVATE = [*settings.FETCH_PRIVATE, ben.base.removeprefix("http://")]
        ann.me = ben.base + "/"
        _code(ann)
        with pytest.raises(SignInError, match="mismatch"):
            _redeem(ann)


@pytest.mark.parametrize(
    "said",
    [b"", b"[]", b"null", b'"me"', b"{}", b'{"me": 1}', b'{"me": "javascript:x"}', b"\xff",
     b'{"me": "http://127.0.0.1:9/"}', b'{"me": "https://a.example/#x"}'],
)  # fmt: skip
def test_an_answer_that_names_no_site_proves_none(ann: Identity, said: bytes) -> None:
    ann.answers["/auth"] = (200, JSON, said)
    with pytest.raises(SignInError, match="mismatch"):
        _redeem(ann)
    ann.answers["/auth"] = (302, {"Location": "/"}, json.dumps({"me": ann.base}).encode())
    with pytest.raises(SignInError, match="mismatch"):
        _redeem(ann)
