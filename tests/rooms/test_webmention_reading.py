"""What a page of another site says about one of ours, and where it takes webmentions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rooms.fetching import Answer
from rooms.indieweb.microformats import Card, parse
from rooms.indieweb.webmentions.links import endpoint, links
from rooms.indieweb.webmentions.reading import Reading, named, read
from rooms.templatetags.linked import linked, parts
from tests.sites import pages

TARGET = "https://call.example/r/garden/"
ANN = pages.card("Ann", "https://ann.example/", "/ann.jpg")
HTML = "text/html; charset=utf-8"


def page(html: str, url: str = "https://ann.example/posts/1", **headers: str) -> Answer:
    return Answer(url, 200, {"content-type": HTML, **headers}, html.encode())


def reading(html: str) -> Reading:
    return read(parse(page(html)), lambda url: url == TARGET)


@pytest.mark.parametrize("rsvp", ["yes", "no", "maybe", "interested"])
def test_a_reply_says_whether_somebody_comes(rsvp: str) -> None:
    found = reading(pages.reply(TARGET, ANN, rsvp, "I bring <b>cake</b>."))
    assert found.rsvp == rsvp
    assert found.author == Card("Ann", "https://ann.example/", "https://ann.example/ann.jpg")
    assert found.text == "I bring cake."


@pytest.mark.parametrize("rsvp", ["YES", " yes "])
def test_an_answer_may_be_written_in_any_case(rsvp: str) -> None:
    assert reading(pages.reply(TARGET, ANN, rsvp)).rsvp == "yes"


@pytest.mark.parametrize("rsvp", ["", "perhaps", "<script>", "yes please"])
def test_any_other_answer_is_a_mention(rsvp: str) -> None:
    assert reading(pages.reply(TARGET, ANN, rsvp)).rsvp == ""


def test_an_answer_to_another_page_is_a_mention() -> None:
    other = pages.reply("https://other.example/", ANN, "yes", f'See <a href="{TARGET}">this</a>.')
    assert reading(other).rsvp == ""


def test_the_reply_counts_among_several_posts() -> None:
    bob = pages.card("Bob", "https://bob.example/")
    found = reading(pages.mention(TARGET, bob) + pages.reply(TARGET, ANN, "no"))
    assert (found.rsvp, found.author.name) == ("no", "Ann")


def test_a_reply_may_quote_what_it_replies_to() -> None:
    cite = (
        f'<div class="u-in-reply-to h-cite"><a class="u-url p-name" href="{TARGET}">Call</a></div>'
    )
    entry = f'<div class="h-entry">{ANN}{cite}<span class="p-rsvp">maybe</span></div>'
    assert reading(entry).rsvp == "maybe"


@pytest.mark.parametrize(
    ("author", "name", "author_page"),
    [
        ('<a class="p-author" href="/about">Ann</a>', "Ann", ""),
        ('<a class="u-author" href="/about"></a>', "", "https://ann.example/about"),
        ("", "", ""),
    ],
)
def test_the_author_may_be_a_name_or_another_page(author: str, name: str, author_page: str) -> None:
    found = reading(pages.reply(TARGET, author, "yes"))
    assert (found.author.name, found.author_page) == (name, author_page)


def test_the_author_may_be_a_card_beside_the_post() -> None:
    assert reading(pages.home("Ann", "/") + pages.reply(TARGET, "", "yes")).author.name == "Ann"


def test_names_are_plain_and_the_site_stands_for_a_person_without_one() -> None:
    source = "https://ann.example/posts/1"
    assert named(Card("A\u202enn\n\x07", "javascript:x"), source).name == "Ann"
    assert named(Card("\u200b"), source).name == "ann.example"
    assert len(named(Card("x" * 100), source).name) == 60
    assert named(Card("Ann", "https://ann.example/" + "a" * 500), source).url == ""


@pytest.mark.parametrize("html", ["", "<", "<div>" * 3000, "\x00\xff", "plain text"])
def test_any_page_is_read(html: str) -> None:
    found = reading(html)
    assert found.rsvp == ""
    assert endpoint(page(html)) is None


def test_links_are_those_that_a_person_could_follow() -> None:
    html = (
        '<base href="/blog/"><a href="a#part">x</a><img src="//b.example/i.png">'
        '<!-- <a href="/comment"> --><script>"<a href=/script>"</script>'
        '<data class="u-in-reply-to" value="https://c.example/"></data><a href="http://[">bad</a>'
        "<p>https://text.example/</p>"
    )
    assert links(page(html)) == {
        "https://ann.example/blog/a",
        "https://b.example/i.png",
        "https://c.example/",
    }


def in_header(value: str) -> Answer:
    return page("", link=value)


@pytest.mark.parametrize(
    ("found", "address"),
    [
        # As in the test pages of https://webmention.rocks.
        (in_header("</e>; rel=webmention"), "https://ann.example/e"),
        (in_header('<https://x.example/e>; rel="webmention"'), "https://x.example/e"),
        (in_header('<e>; rel="webmention somethingelse"'), "https://ann.example/posts/e"),
        (in_header('</o>; rel="other", </e>; rel="webmention"'), "https://ann.example/e"),
        (
            in_header('</o>; title="a, <b>; c"; rel=x, </e>; REL=webmention'),
            "https://ann.example/e",
        ),
        (page('<link rel="webmention" href="/e">'), "https://ann.example/e"),
        (page('<a rel="webmention" href="e?x=1">'), "https://ann.example/posts/e?x=1"),
        (page('<link rel="foo WebMention bar" href="/e">'), "https://ann.example/e"),
        (page('<link rel="webmention" href="">'), "https://ann.example/posts/1"),
        (page('<a rel="webmention">x</a><a rel="webmention" href="/e">'), "https://ann.example/e"),
        (
            page('<a href="/e" rel=webmention><link rel=webmention href="/l">'),
            "https://ann.example/e",
        ),
        (page('<base href="https://b.example/"><a rel=webmention href=e>'), "https://b.example/e"),
        (page('<!-- <a rel="webmention" href="/no"> --><a rel="webmention" href="/e">'),
         "https://ann.example/e"),
        (page('<a rel="not-webmention" href="/no">'), None),
        (page('&lt;a rel="webmention" href="/no">&lt;/a>'), None),
        (in_header('</e>; rel="not-webmention"'), None),
        (Answer("https://a.example/", 200, {"content-type": "text/plain"},
                b'<a rel="webmention" href="/no">'), None),
    ],
)  # fmt: skip
def test_the_endpoint_is_found(found: Answer, address: str | None) -> None:
    assert endpoint(found) == address


@pytest.mark.parametrize(
    "make",
    [
        lambda size: "<" * size,
        lambda size: "<!--" * (size // 4),
        lambda size: "<a href='" * (size // 9),
        lambda size: "<![CDATA[" * (size // 9),
        lambda size: "<script>" * (size // 8),
        lambda size: "&" * size,
    ],
)
def test_a_page_that_is_made_to_be_slow_is_read_in_linear_time(make: Callable[[int], str]) -> None:
    links(page(make(1_000_000)))


def test_a_text_has_links_as_in_the_page() -> None:
    text = "Read (https://a.example/x_(1)), https://b.example. Not http://u@c.example or <http://>"
    assert [part for part, is_address in parts(text) if is_address] == [
        "https://a.example/x_(1)",
        "https://b.example",
    ]
    assert "".join(part for part, _is_address in parts(text)) == text
    html = linked('<b> https://a.example/?a&b"')
    assert html == (
        '&lt;b&gt; <a href="https://a.example/?a&amp;b" rel="noopener noreferrer nofollow" '
        'dir="ltr">https://a.example/?a&amp;b</a>&quot;'
    )
