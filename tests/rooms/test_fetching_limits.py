"""Sites that are slow, endless or broken: fetching ends, with one short sentence."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from rooms.fetching import Failed, fetch, lookup
from tests.rooms.raw_site import Handler, RawSite, answer, says, url


def test_looking_a_name_up_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def look_up(*args: Any, **kwargs: Any) -> Any:
        go_on.wait(20)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        for _ in range(lookup.MAX_LOOKUPS):
            with pytest.raises(Failed, match="looked up in time"):
                fetch("http://slow.example.com/", seconds=0.01)
        # So has the number of those that are not finished.
        with pytest.raises(Failed, match="Too many names"):
            fetch("http://slow.example.com/", seconds=20)
    finally:
        go_on.set()
        deadline = time.monotonic() + 20
        while any(thread.name == "lookup" for thread in threading.enumerate()):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def drip(connection: socket.socket, data: bytes, every: float = 0.02) -> None:
    """Send a byte now and then, so that no single wait is long."""
    for value in data:
        connection.sendall(bytes([value]))
        time.sleep(every)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_site_that_drips_is_left_at_the_deadline(start: Any, head: bytes) -> None:
    def handler(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(head)
        drip(connection, b"H" * 5000)

    began = time.monotonic()
    with pytest.raises(Failed, match="too long"):
        fetch(url(start(handler)), seconds=0.3)
    assert time.monotonic() - began < 10  # the site would take 100 s


def test_a_site_that_says_nothing_is_left_at_the_deadline(start: Any) -> None:
    site: RawSite = start(lambda connection, _head: site.stopped.wait(20) and None)
    with pytest.raises(Failed, match="too long"):
        fetch(url(site), seconds=0.2)


def chunked(pieces: Iterator[bytes], *headers: str) -> Handler:
    """A body in chunks, as long as the other side listens."""

    def handler(connection: socket.socket, _head: bytes) -> None:
        lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode())
        for piece in pieces:
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")

    return handler


def endless(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_an_encoded_body_is_decoded(start: Any, coding: str) -> None:
    body = b"page " * 100
    sent = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    site = start(says(sent, f"Content-Encoding: {coding}"))
    assert fetch(url(site)).body == body
    assert b"\r\nAccept-Encoding: gzip\r\n" in site.requests[0]


def test_a_body_of_exactly_the_limit_is_fetched(start: Any) -> None:
    site = start(chunked(iter([b"a" * 900, b"b" * 100])))
    assert len(fetch(url(site), max_bytes=1000).body) == 1000
    site.handler = says(b"a" * 1001)
    with pytest.raises(Failed, match="too large"):
        fetch(url(site), max_bytes=1000)


def test_an_endless_body_is_left_at_the_limit(start: Any) -> None:
    with pytest.raises(Failed, match="too large"):
        fetch(url(start(chunked(endless(b"x" * 4096)))), max_bytes=10_000)


def test_the_limit_counts_decoded_bytes(start: Any) -> None:
    bomb = gzip.compress(bytes(20_000_000))
    assert len(bomb) < 30_000
    with pytest.raises(Failed, match="too large"):
        fetch(url(start(says(bomb, "Content-Encoding: gzip"))), max_bytes=100_000)


@pytest.mark.parametrize(
    "endless_bytes",
    [b"X: y\r\n", b"X" * 1000, b"HTTP/1.1 100 Continue\r\n\r\n", b"X: " + b"y" * 60_000 + b"\r\n"],
)
def test_headers_without_an_end_are_a_failure(start: Any, endless_bytes: bytes) -> None:
    def handler(connection: socket.socket, _head: bytes) -> None:
        if not endless_bytes.startswith(b"HTTP"):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for piece in endless(endless_bytes):
            connection.sendall(piece)

    with pytest.raises(Failed, match=r"too large|understood"):
        fetch(url(start(handler)), max_bytes=1000)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "cannot be"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "understood"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "too early"),
        (answer(gzip.compress(b"x" * 9000)[:-12], "Content-Encoding: gzip"), "too early"),
        (answer(b"no gzip", "Content-Encoding: gzip"), "understood"),
        (answer(b"?", "Content-Encoding: br"), "not asked for"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "understood"),
    ],
)
def test_a_bad_answer_is_a_failure_with_one_sentence(start: Any, sent: bytes, reason: str) -> None:
    site = start(lambda connection, _head: connection.sendall(sent))
    with pytest.raises(Failed, match=reason) as caught:
        fetch(url(site, "/?token=secret"))
    assert "secret" not in str(caught.value)


def test_a_site_that_is_down_is_a_failure(start: Any, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings.FETCH_PRIVATE = ["127.0.0.1"]
    with pytest.raises(Failed, match="cannot be reached"):
        fetch(f"http://127.0.0.1:{port}/")
