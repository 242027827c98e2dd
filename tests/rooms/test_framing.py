"""Which sites may show a room in a frame, and what a page in a frame may know."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError

from rooms.entry import framing
from rooms.models import Room


@pytest.mark.parametrize(
    ("line", "origin"),
    [
        ("https://blog.example.org", "https://blog.example.org"),
        ("  HTTPS://Blog.Example.ORG/ ", "https://blog.example.org"),
        ("https://blog.example.org:443", "https://blog.example.org"),
        ("http://blog.example.org:80/", "http://blog.example.org"),
        ("https://blog.example.org:80", "https://blog.example.org:80"),
        ("https://blog.example.org:", "https://blog.example.org"),
        ("https://blog.example.org:08443", "https://blog.example.org:8443"),
        ("http://localhost:4000", "http://localhost:4000"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://例え。テスト", "https://xn--r8jz45g.xn--zckzah"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(line: str, origin: str) -> None:
    assert framing.parse(line) == origin
    assert framing.parse(origin) == origin


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("blog.example.org", "Begin with https://"),
        ("//blog.example.org", "Begin with https://"),
        ("https:blog.example.org", "Begin with https://"),
        ("ftp://blog.example.org", "must begin with https://"),
        ("javascript://blog.example.org", "must begin with https://"),
        ("https://blog.example.org/post", "as in https://blog.example.org"),
        ("https://blog.example.org?a", "Leave out everything after"),
        ("https://blog.example.org/#a", "Leave out everything after"),
        (r"https://blog.example.org\@evil.example", "Leave out everything after"),
        ("https://*.example.org", "“*” is not possible"),
        ("*", "“*” is not possible"),
        ("https://blog.example.org:*", "“*” is not possible"),
        ("null", "“null”"),
        ("'none'", "Begin with https://"),
        ("https://ann:secret@blog.example.org", "user name"),
        ("https://blog.example.org:99999", "from 1 to 65535"),
        ("https://blog.example.org:0", "from 1 to 65535"),
        ("https://blog.example.org:80a", "not a port"),
        ("https://blog.example.org:٣", "not a port"),
        ("https://[2001:db8::1]", "IPv6"),
        ("https://", "not the name of a site"),
        ("https://-a.example", "not the name of a site"),
        ("https://a..example", "not the name of a site"),
        ("https://blog.example.org.", "not the name of a site"),
        ("https://blog example.org", "one site on each line"),
        ("https://blog.example.org; script-src *", "“*” is not possible"),
        ("https://blog.example.org; report-uri", "one site on each line"),
        ("https://blog.example.org,https://b.example", "one site on each line"),
        ('https://"blog".example.org', "not the name of a site"),
        ("https://bl\u200bog.example.org", "not the name of a site"),
        ("https://blog.example.org\u202e", "not the name of a site"),
        ("https://" + "a" * 64 + ".example", "not the name of a site"),
        ("https://" + "a." * 60 + "example", "longer than 120"),
        ("https://1.2.3", "IP address"),
        ("https://0x7f", "IP address"),
        ("https://300.1.1.1", "IP address"),
    ],
)
def test_a_bad_line_says_what_to_write(line: str, says: str) -> None:
    with pytest.raises(framing.BadOrigin, match=re.escape(says)):
        framing.parse(line)
    assert framing.origins(line) == []
    with pytest.raises(ValidationError) as problem:
        framing.clean(f"\nhttps://good.example\n{line}\n")
    [message] = problem.value.messages
    assert message.startswith("Line 3, “")
    assert says in message


def test_the_text_is_tidied_and_each_site_is_kept_once() -> None:
    text = "https://b.example/\r\n\r\n https://a.example \nhttps://B.example:443\n"
    assert framing.clean(text) == "https://b.example\nhttps://a.example"
    assert framing.clean(" \n ") == ""


def test_there_is_a_message_for_each_bad_line_and_a_limit_for_good_ones() -> None:
    with pytest.raises(ValidationError) as problem:
        framing.clean("null\nhttps://a.example\nb.example")
    assert [message[:6] for message in problem.value.messages] == ["Line 1", "Line 3"]
    many = "\n".join(f"https://a{number}.example" for number in range(51))
    with pytest.raises(ValidationError, match="at most 50"):
        framing.clean(many)
    assert len(framing.origins(many)) == 50
    with pytest.raises(ValidationError) as problem:
        framing.clean("x\n" * 5000)
    assert len(problem.value.messages) == 50


def test_a_stored_text_never_adds_a_directive_to_the_header() -> None:
    room = Room(embed_origins="https://a.example; script-src *\nhttps://b.example\n'unsafe-inline'")
    assert framing.ancestors(room) == "'self' https://b.example"
