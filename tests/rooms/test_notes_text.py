"""Notes become HTML and Markdown: of the built-in editor, of Etherpad, and hostile ones."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Map

from rooms import plain_text
from rooms.models import Room
from rooms.notes import pads, store
from rooms.posts import delta, notes_text
from rooms.posts.notes_text import clean_html, is_empty, markdown, notes_html
from rooms.posts.pad_html import from_etherpad
from rooms.posts.sanitise import MAX_DEPTH, TAGS, links, text_of
from tests.rooms.written_notes import write

# What Yjs stores for notes with each kind of line that the editor has.
RUNS: list[delta.Run] = [
    ("Plan", None),
    ("\n", {"header": 1.0}),
    ("Ann & Bo agreed. See https://example.org/plan?a=1&b=2.\n", None),
    ("later", {"bold": True}),
    ({"image": "https://tracker.example/x.png"}, None),
    ("\n\n", None),
    ("one", None),
    ("\n", {"list": "ordered"}),
    ("deep ", None),
    ("link", {"link": "https://a.example/", "italic": True}),
    ("\n", {"list": "bullet", "indent": 2.0}),
    ("two", None),
    ("\n", {"list": "ordered"}),
    ("done", None),
    ("\n", {"list": "checked"}),
    ("to do", None),
    ("\n", {"list": "unchecked"}),
    ("said", None),
    ("\n", {"blockquote": True}),
    ("if a < b:", None),
    ("\n", {"code-block": "plain"}),
    ("    pass", None),
    ("\n", {"code-block": "plain"}),
    ("end", {"colour": "red"}),
]
HTML = (
    "<h2>Plan</h2><p>Ann &amp; Bo agreed. See "
    '<a href="https://example.org/plan?a=1&amp;b=2" rel="noopener">'
    "https://example.org/plan?a=1&amp;b=2</a>.</p><p><strong>later</strong></p>"
    '<ol><li>one<ul><li>deep <a href="https://a.example/" rel="noopener"><em>link</em></a></li>'
    '</ul></li><li>two</li></ol><ul><li class="done">☑ done</li><li class="todo">☐ to do</li></ul>'
    "<blockquote><p>said</p></blockquote>"
    "<pre><code>if a &lt; b:\n    pass\n</code></pre><p>end</p>"
)
MARKDOWN = """\
## Plan

Ann & Bo agreed. See [https://example.org/plan?a=1&b=2](https://example.org/plan?a=1&b=2).

**later**

1. one
   - deep [*link*](https://a.example/)
2. two

- [x] done
- [ ] to do

> said

```
if a < b:
    pass
```

end
"""


def of(runs: list[delta.Run]) -> str:
    return clean_html(delta.html(runs, 100_000)[0])


@pytest.mark.django_db
def test_notes_of_the_editor_become_html_and_markdown(room: Room) -> None:
    assert notes_html(room) == ""
    write(room, RUNS)
    html = notes_html(room)
    assert html == HTML
    assert markdown(html) == MARKDOWN
    assert links(html) == ["https://example.org/plan?a=1&b=2", "https://a.example/"]


@pytest.mark.django_db
def test_damaged_notes_give_what_can_be_read(room: Room) -> None:
    write(room, [("kept\n", None)])
    store.append(room.pk, b"\xff\xff\xff not an update")
    assert notes_html(room) == "<p>kept</p>"


@pytest.mark.django_db
def test_notes_that_are_no_text_are_empty(room: Room) -> None:
    doc: Doc[Any] = Doc()
    doc.get("notes", type=Map)["a"] = "b"
    store.append(room.pk, doc.get_update())
    assert is_empty(notes_html(room))


@pytest.mark.django_db
def test_notes_that_are_too_long_end_with_a_sentence(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes_text, "_LIMIT", 50)
    write(room, [("first\nsecond", None), ("\n", {"list": "bullet"}), ("x" * 60, None)])
    assert notes_html(room) == (
        "<p>first</p><ul><li>second</li></ul>"
        "<p>The notes are longer. The rest is not shown here.</p>"
    )


def test_a_link_over_many_runs_cannot_blow_up() -> None:
    address = "https://a.example/" + "x" * 1900
    runs: list[delta.Run] = [
        ("x", {"link": address + str(number % 2)}) for number in range(100_000)
    ]
    assert delta.html(runs, 1000) == ("", False)


def test_lists_that_begin_deep_stay_one_list() -> None:
    lines = [("a", 0), ("b", 5), ("c", 1), ("d", 0)]
    runs: list[delta.Run] = []
    for text, indent in lines:
        runs += [(text, None), ("\n", {"list": "bullet", "indent": float(indent)})]
    assert of(runs) == "<ul><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ul>"


formats = st.fixed_dictionaries(
    {},
    optional={
        "header": st.sampled_from([1.0, 2.0, 99.0, "x", None, float("nan")]),
        "list": st.sampled_from(["ordered", "bullet", "checked", "unchecked", "odd", 3]),
        "indent": st.sampled_from([1.0, 2.0, 8.0, 1e9, -1.0, "x"]),
        "bold": st.booleans(),
        "italic": st.booleans(),
        "strike": st.booleans(),
        "code": st.booleans(),
        "blockquote": st.booleans(),
        "code-block": st.sampled_from([True, "plain", None]),
        "link": st.sampled_from(["https://a.example/?\"'<>&", "javascript:alert(1)", "/i/x/", 5]),
        "colour": st.text(max_size=5),
    },
)
letters = st.text(alphabet=st.sampled_from(list("ab<>&\"'`*_[](){}#\n\n \t-1.☐\u202e\x00é👍")))
runs_of_notes = st.lists(
    st.tuples(
        st.one_of(letters, st.text(max_size=8), st.just({"image": "x"})), st.none() | formats
    ),
    max_size=12,
)


class Reader(HTMLParser):
    """Fails at a tag, attribute, address or nesting that a post must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        for name, value in attrs:
            assert name in ("href", "rel", "class")
            assert name != "href" or urlsplit(value or "").scheme in ("http", "https", "mailto")
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []


def letters_of(text: str) -> str:
    return "".join(plain_text.REMOVED.sub("", text).split()).replace("☐", "").replace("☑", "")


@given(runs_of_notes)
def test_any_document_becomes_valid_html_that_says_the_same(runs: list[delta.Run]) -> None:
    raw, whole = delta.html(runs, 100_000)
    html = clean_html(raw)
    # Sanitising repairs and removes nothing but what is not allowed: the tags were balanced.
    assert whole
    assert text_of(html).split() == text_of(raw).split()
    assert clean_html(html) == html
    read(html)
    typed = "".join(text for text, _ in runs if isinstance(text, str))
    visible = [line for line in typed.split("\n") if plain_text.is_visible(line)]
    if all(plain_text.is_visible(line) or not line.strip() for line in typed.split("\n")):
        assert letters_of(text_of(html).replace(" ", "")) == letters_of("".join(visible))
    markdown(html)


@given(st.text(alphabet=st.sampled_from(list("<>ab h1p/='\"script&;svg \x00onx:ul"))))
def test_any_html_is_sanitised_for_good(html: str) -> None:
    once = clean_html(html)
    assert clean_html(once) == once
    read(once)


HOSTILE = {
    "<script>alert(1)</script>a": "a",
    '<p onclick="x()">a</p>': "<p>a</p>",
    "<img src=https://t.example/x onerror=alert(1)>": "",
    '<a href="javascript:alert(1)">a</a>': '<a rel="noopener">a</a>',
    '<a href="data:text/html,x">a</a>': '<a rel="noopener">a</a>',
    '<a href="/i/x/">a</a>': '<a rel="noopener">a</a>',
    "<svg><a href='https://x.example'>a</a><script>1</script></svg>": "",
    "<iframe src='https://x.example'></iframe><style>p{}</style>": "",
    "<h1>a</h1><p style='position:fixed' id=x class=y>b": "<h2>a</h2><p>b</p>",
}


@pytest.mark.parametrize("html", HOSTILE)
def test_what_could_run_or_load_is_removed(html: str) -> None:
    assert clean_html(html) == HOSTILE[html]


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "blockquote"])
def test_deep_html_becomes_shallow(tag: str) -> None:
    html = clean_html(f"<{tag}>" * 50_000 + "deep")
    assert text_of(html).strip() == "deep"
    assert html.count("</") <= MAX_DEPTH
    assert "deep" in markdown(html)


def test_markdown_escapes_what_only_looks_like_markup() -> None:
    html = "<p># a</p><p>1. b *c* &lt;img src=x&gt; [d](e) &amp;lt;</p><p>- [ ] f</p><p>a-b = c</p>"
    assert markdown(html) == (
        "\\# a\n\n1\\. b \\*c\\* \\<img src=x> \\[d\\](e) \\&lt;\n\n\\- \\[ \\] f\n\na-b = c\n"
    )


def test_a_fence_is_longer_than_what_is_in_it() -> None:
    html = "<pre><code>```\n&lt;script&gt;\n</code></pre>"
    assert markdown(html) == "````\n```\n<script>\n````\n"


PAD = (
    "<!DOCTYPE HTML><html><body>Garden<br><br>Ann &amp; <strong>Bo</strong><br>next line<br><br>"
    '<h1>Plan</h1><ul class="bullet"><li>a<ul class="bullet"><li>b</ul></li></ul><br>end<br>'
    '<script>1</script><a href="https:&#x2F;&#x2F;a.example">l</a><br></body></html>'
)


def test_etherpads_lines_become_paragraphs() -> None:
    assert from_etherpad(PAD, "Garden") == (
        "<p>Ann &amp; <strong>Bo</strong><br>next line</p><h2>Plan</h2>"
        "<ul><li>a<ul><li>b</li></ul></li></ul>"
        '<p>end<br><a href="https://a.example" rel="noopener">l</a></p>'
    )


def test_a_new_pad_is_empty() -> None:
    assert is_empty(from_etherpad("<html><body>A &amp; B<br><br></body></html>", "A & B"))
    assert from_etherpad("<html><body>Hi<br></body></html>", "A & B") == "<p>Hi</p>"


@pytest.mark.parametrize("text", ["x<br>" * 60_000, f"x{chr(0x2003) * 60_000}y<br>"])
def test_a_pad_that_is_made_to_be_slow_is_read_in_a_moment(text: str) -> None:
    # These took 20 s and 3 min, and nothing else happened in the keeper meanwhile.
    began = time.process_time()
    assert from_etherpad(text, "Garden").startswith("<p>x")
    assert time.process_time() - began < 5


@pytest.mark.django_db
def test_an_etherpad_that_is_away_is_one_clear_error(room: Room, settings: Any) -> None:
    settings.ETHERPAD_URL = settings.ETHERPAD_API_URL = "http://127.0.0.1:1"
    assert notes_html(room) == ""  # nobody opened them, so there is no pad to ask for
    room.pad_id = "garden-1"
    with pytest.raises(notes_text.NotesUnavailable, match="Etherpad does not answer"):
        notes_html(room)
    assert isinstance(pads.provider(), pads.Etherpad)
