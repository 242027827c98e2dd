"""Which addresses of a Redis are accepted, and what is said about the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfu_worker.wire.redis_url import redis_url_problem


@pytest.mark.parametrize(
    "url",
    [
        "redis://h",
        "redis://:secret@10.0.0.1:6379/0",
        "rediss://user:a%2Fb@h:1/0?ssl_cert_reqs=none",
        "redis://[2001:db8::1]:6379/0",
        "unix:///run/v.sock?db=1",
    ],
)
def test_every_form_of_address_is_taken(url: str) -> None:
    assert redis_url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "not a Redis address"),
        ("secret", "not a Redis address"),
        ("http://:secret@127.0.0.1", "not a Redis address"),
        ("redis://:secret/word@127.0.0.1:6379", "percent-encoded"),
        ("redis://a:0", "not a Redis address"),
        ("rediss://:secret@h:1/0?ssl_ca=/ca.pem", "There are ssl_ca_certs"),
        ("redis://:12?secret@127.0.0.1:6379/0", "%3F"),
        ("redis://:secret@h:1/0?ssl_ca_certs=/ca.pem", "Begin the address with rediss://"),
        ("rediss://:secret@h:1/0?ssl_ca_certs=/no/such/ca.pem", "No such file"),
        ("rediss://:secret@h:1/0?ssl_ca_certs=", "cannot be read"),
    ],
)
def test_a_mistake_is_named_and_the_password_is_not(url: str, says: str) -> None:
    problem = redis_url_problem(url)
    assert problem is not None
    assert says in " ".join(problem)
    assert "secret" not in " ".join(problem)


def test_a_private_ca_is_given_by_its_file(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("any")
    assert redis_url_problem(f"rediss://:secret@h:6379/0?ssl_ca_certs={ca}") is None
