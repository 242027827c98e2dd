"""Fetching pages of other sites, over real sockets."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from rooms.fetching import Failed, FetchError, Refused, TooSlow, check, fetch
from rooms.fetching.addresses import is_public
from rooms.fetching.targets import parse
from tests.rooms.raw_site import answer, raw_site, says, url

# What the operating system's resolver answers in these tests.
Names = dict[str, list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Names that a resolver knows besides the real ones."""
    known: Names = {}
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        return [
            info
            for address in known.get(host, [host])
            for info in real(address, port, *args, **kwargs)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def test_a_page_is_fetched_under_its_own_name_without_a_cookie_or_proxy(
    start: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    site = start(says(b"<p>Hi</p>", "Content-Type: Text/HTML; charset=utf-8", "Link: <a>",
                      "Link: <b>"))  # fmt: skip
    found = fetch(url(site, "/café?q=ü#part"), accept="text/html")
    assert (found.status, found.body, found.media_type) == (200, b"<p>Hi</p>", "text/html")
    assert found.headers["link"] == "<a>, <b>"
    assert found.ok
    head = site.requests[0].decode()
    assert head.startswith("GET /caf%C3%A9?q=%C3%BC HTTP/1.1\r\n")
    assert f"\r\nHost: 127.0.0.1:{site.port}\r\n" in head
    assert f"\r\nUser-Agent: confcall ({settings.SITE_URL})\r\n" in head
    assert "\r\nAccept: text/html\r\n" in head
    assert "cookie" not in head.lower()


def test_an_error_page_is_an_answer(start: Any) -> None:
    found = fetch(url(start(says(b"gone", status="410 Gone"))))
    assert (found.status, found.ok, found.body) == (410, False, b"gone")


def test_a_body_and_headers_are_sent(start: Any) -> None:
    site = start(says(b"", status="202 Accepted"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert fetch(url(site), method="POST", headers=form, body=b"a=b").status == 202
    head = site.requests[0]
    assert head.startswith(b"POST / HTTP/1.1")
    assert b"\r\nContent-Type: application/x-www-form-urlencoded\r\n" in head
    assert b"\r\nContent-Length: 3\r\n" in head


# Addresses


PRIVATE = """
    0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 127.0.0.1 127.1.2.3 169.254.169.254 172.16.0.1
    172.31.255.255
    192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
    64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1
    fd12:3456::1 fe80::1 fe80::1%1 fec0::1 ff02::1 ff0e::1
"""
PUBLIC = """
    1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.32.0.1 192.0.1.1 223.255.255.255
    2606:4700::1111 2a01:4f8::1 ::ffff:8.8.8.8 64:ff9b::808:808
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_addresses_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


# Forms of 127.0.0.1 that resolvers or URL parsers know, and other names of this machine.
LOOPBACK = """
    127.0.0.1 127.1 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 0 0.0.0.0 localhost
    LOCALHOST localhost. 127.0.0.1. [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:0:0:1]
    127。0。0。1 ⓛocalhost １27.0.0.1
"""


@pytest.mark.parametrize("host", LOOPBACK.split())
def test_no_form_of_a_loopback_address_is_reached(host: str) -> None:
    with raw_site(says(b"secret")) as site:
        with pytest.raises(FetchError):
            fetch(url(site, host=host))
        assert not site.requests


def test_a_name_is_refused_if_any_of_its_addresses_is_private(names: Names) -> None:
    names["blog.test"] = ["203.0.114.1", "127.0.0.1"]
    with raw_site(says(b"secret")) as site:
        with pytest.raises(Refused, match="private network"):
            fetch(url(site, host="blog.test"))
        assert not site.requests


def test_the_site_itself_is_not_reached_by_its_loopback_address(settings: Any) -> None:
    with raw_site(says(b"secret")) as site:
        settings.SITE_URL = url(site).rstrip("/")
        with pytest.raises(Refused):
            fetch(settings.SITE_URL)
        assert not site.requests


def test_a_name_that_changes_its_address_gains_nothing(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """DNS rebinding: after the check, the name leads to another address. No one asks again."""
    asked = []
    real = socket.getaddrinfo

    def look_up(host: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with raw_site(says(b"checked"), address="0.0.0.0") as site:
        settings.FETCH_PRIVATE = ["blog.test"]
        assert fetch(url(site, host="blog.test")).body == b"checked"
        assert asked == ["blog.test"]
        assert f"\r\nHost: blog.test:{site.port}\r\n".encode() in site.requests[0]
        # The next request is checked anew.
        settings.FETCH_PRIVATE = []
        with pytest.raises(Refused):
            fetch(url(site, host="blog.test"))


def test_a_private_site_may_be_listed_with_or_without_its_port(names: Names, settings: Any) -> None:
    names["wiki.test"] = ["127.0.0.1"]
    with raw_site(says(b"wiki")) as site:
        for listed in ("wiki.test", f"wiki.test:{site.port}"):
            settings.FETCH_PRIVATE = [listed]
            assert fetch(url(site, host="Wiki.test")).body == b"wiki"
        settings.FETCH_PRIVATE = [f"wiki.test:{site.port + 1}"]
        with pytest.raises(Refused):
            fetch(url(site, host="wiki.test"))


def test_another_address_is_tried_if_one_does_not_answer(names: Names, settings: Any) -> None:
    settings.FETCH_PRIVATE = ["wiki.test"]
    names["wiki.test"] = ["::1", "127.0.0.1"]
    with raw_site(says(b"wiki")) as site:
        assert fetch(url(site, host="wiki.test")).body == b"wiki"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ftp://example.com/", "begin with"),
        ("file:///etc/passwd", "begin with"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "begin with"),
        ("//example.com/", "begin with"),
        ("example.com", "begin with"),
        ("", "begin with"),
        ("http://owner:secret@example.com/", "password"),
        ("http://example.com@127.0.0.1/", "password"),
        ("http://example.com\\@127.0.0.1/", "not allowed"),
        ("http://exa mple.com/", "not allowed"),
        ("http://example.com/\r\nX: y", "not allowed"),
        ("http://example.com/\x00", "not allowed"),
        ("http:///path", "host name"),
        ("http://exa%6dple.com/", "host name"),
        ("http://[fe80::1%25eth0]/", "host name"),
        ("http://[::1/", "understood"),
        ("http://example.com:99999/", "understood"),
        ("http://example.com:port/", "understood"),
        ("http://" + "a" * 64 + "é.example.com/", "understood"),
        ("http://example.com/" + "a" * 2000, "too long"),
        ("http://example.com:25/", "port"),
        ("http://example.com:22/", "port"),
    ],
)
def test_an_address_that_is_not_a_web_sites_is_refused(address: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as caught:
        fetch(address)
    assert "secret" not in str(caught.value)


def test_an_address_is_written_in_one_way() -> None:
    assert parse("HTTPS://Exämple.com:443").url == "https://xn--exmple-cua.com/"
    assert parse("http://[2001:DB8::1]:8080/a").netloc == "[2001:db8::1]:8080"


def test_an_unknown_name_is_a_failure_and_may_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look_up(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(Failed, match="not known"):
        fetch("http://nobody.example.com/")


# Redirects


def test_redirects_are_followed_and_the_last_address_is_told(start: Any) -> None:
    def handler(connection: socket.socket, head: bytes) -> None:
        path = head.split()[1]
        if path == b"/new/":
            connection.sendall(answer(b"here"))
        else:
            connection.sendall(answer(b"x", "Location: ../new/", status="301 Moved"))

    site = start(handler)
    found = fetch(url(site, "/old/"))
    assert (found.url, found.body) == (url(site, "/new/"), b"here")


def test_a_redirect_to_a_private_address_is_refused(start: Any) -> None:
    with raw_site(says(b"secret")) as inside:
        site = start(says(b"", f"Location: {url(inside)}", status="302 Found"))
        with pytest.raises(Refused, match="private network"):
            fetch(url(site))
        assert not inside.requests


@pytest.mark.parametrize("place", ["ftp://a.example.com/", "http://a:b@c.example.com/", "//["])
def test_a_redirect_to_what_is_not_a_web_site_is_refused(start: Any, place: str) -> None:
    with pytest.raises(Refused):
        fetch(url(start(says(b"", f"Location: {place}", status="302 Found"))))


def test_redirects_without_an_end_are_a_failure(start: Any) -> None:
    site = start(says(b"", "Location: /again", status="307 Again"))
    with pytest.raises(Failed, match="too often"):
        fetch(url(site), redirects=3)
    assert len(site.requests) == 4


def test_a_redirect_is_an_answer_if_none_is_followed(start: Any) -> None:
    found = fetch(url(start(says(b"", "Location: /again", status="302 Found"))), redirects=0)
    assert (found.status, found.headers["location"]) == (302, "/again")


def test_another_site_gets_no_secret_by_a_redirect(start: Any) -> None:
    other = start(says(b"ok"))
    site = start(says(b"", f"Location: {url(other)}", status="303 See Other"))
    secret = {"Authorization": "Bearer secret"}
    assert fetch(url(site), method="POST", body=b"code=secret", headers=secret).body == b"ok"
    assert b"Authorization: Bearer secret" in site.requests[0]
    assert other.requests[0].startswith(b"GET /")
    assert b"secret" not in other.requests[0]

    site.handler = says(b"", f"Location: {url(other)}", status="307 Temporary")
    with pytest.raises(Refused):
        fetch(url(site), method="POST", body=b"code=secret", headers=secret)
    assert len(other.requests) == 1


def test_an_address_for_a_browser_is_checked_without_being_fetched(
    names: Names, settings: Any
) -> None:
    names["site.example.com"] = ["93.184.215.14"]
    assert check("https://Site.example.com", 5) == "https://site.example.com/"
    for url_ in ("http://127.0.0.1/", "http://[::1]/", "javascript:x", "http://10.1.2.3/"):
        with pytest.raises(Refused):
            check(url_, 5)
    with pytest.raises(TooSlow):
        fetch("https://site.example.com/", seconds=0)
