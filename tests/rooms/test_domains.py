"""Domains whose people are admitted or banned: as hosts write them, and what they cover."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from rooms.entry.sites import domains


@pytest.mark.parametrize(
    ("me", "covered"),
    [
        ("https://example.org/", True),
        ("https://ann.example.org/about", True),
        ("http://EXAMPLE.org:8000/", True),
        ("https://example.org./", True),
        ("https://notexample.org/", False),
        ("https://example.org.evil.example/", False),
        ("https://evil.example/example.org", False),
        ("https://evil.example/?https://example.org/", False),
        ("https://example.org@evil.example/", False),
        ("", False),
    ],
)
def test_a_domain_covers_its_sites_and_those_below_it_and_no_others(me: str, covered: bool) -> None:
    assert domains.covers("other.example\nexample.org", me) is covered
    assert not domains.covers("", me)


def test_lines_are_put_in_order_and_other_scripts_in_punycode() -> None:
    text = "  Example.org \n\nbücher.example.\nexample.org\r\nlocalhost"
    assert domains.clean(text) == "example.org\nlocalhost\nxn--bcher-kva.example"


def test_each_bad_line_has_one_error_that_quotes_it() -> None:
    bad = [
        "https://example.org", "a b", "192.0.2.1", "[::1]", "-a.example", "a..example",
        "*.example.org", "fa\u200dss.example", "a" * 64 + ".example", "example.org:80",
    ]  # fmt: skip
    with pytest.raises(ValidationError) as caught:
        domains.clean("\n".join([*bad[:5], "good.example", *bad[5:]]))
    assert len(caught.value.messages) == len(bad)
    for line, message in zip(bad, caught.value.messages, strict=True):
        assert f"“{line}”" in message


def test_more_lines_than_anyone_writes_are_one_error() -> None:
    with pytest.raises(ValidationError) as caught:
        domains.clean("a.example\n" * (domains.MAX_LINES + 1))
    assert len(caught.value.messages) == 1
