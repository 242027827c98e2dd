"""Fetching over TLS: the certificate must be that of the name in the address."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from rooms.fetching import Failed, fetch
from tests.deploy.proxies import HOST, write_certificate
from tests.rooms.raw_site import raw_site, says


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> ssl.SSLContext:
    """Of a site named HOST, whose certificate this machine trusts. All names lead to it."""
    write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "fullchain.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "fullchain.pem", tmp_path / "privkey.pem")
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *args, **kwargs: real("127.0.0.1", *args, **kwargs)
    )
    settings.FETCH_PRIVATE = [HOST, "other.test", "127.0.0.1"]
    return context


def test_the_certificate_and_the_names_are_those_of_the_address(tls: ssl.SSLContext) -> None:
    asked: list[str] = []
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    with raw_site(says(b"safe"), tls) as site:
        assert fetch(f"https://{HOST}:{site.port}/").body == b"safe"
        assert f"\r\nHost: {HOST}:{site.port}\r\n".encode() in site.requests[0]
    assert asked == [HOST]


@pytest.mark.parametrize("host", ["other.test", "127.0.0.1"])
def test_a_certificate_of_another_name_is_not_valid(tls: ssl.SSLContext, host: str) -> None:
    with raw_site(says(b"safe"), tls) as site:
        with pytest.raises(Failed, match="certificate is not valid"):
            fetch(f"https://{host}:{site.port}/")
        assert not site.requests


def test_a_certificate_that_nobody_vouches_for_is_not_valid(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with raw_site(says(b"safe"), tls) as site, pytest.raises(Failed, match="certificate"):
        fetch(f"https://{HOST}:{site.port}/")


def test_a_site_without_tls_is_a_failure(tls: ssl.SSLContext) -> None:
    with raw_site(says(b"plain")) as site, pytest.raises(Failed, match=r"secure|reached|long"):
        fetch(f"https://{HOST}:{site.port}/", seconds=1)


def test_a_handshake_that_does_not_go_on_is_left_at_the_deadline(tls: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Failed, match="too long"):
        fetch(f"https://{HOST}:{silent.getsockname()[1]}/", seconds=0.2)


def test_an_endless_body_is_left_at_the_limit(tls: ssl.SSLContext) -> None:
    with raw_site(says(b"x" * 50_000), tls) as site, pytest.raises(Failed, match="too large"):
        fetch(f"https://{HOST}:{site.port}/", max_bytes=10_000)
