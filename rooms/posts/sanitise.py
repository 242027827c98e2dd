"""Makes HTML from editors and other programs safe to publish. Pure.

Only text, its structure and links stay: no images, frames, styles or scripts, so that nothing is
loaded from another host and nothing runs.
"""

from __future__ import annotations

import re
from html import unescape

import nh3

from rooms import plain_text

_INLINE = {"a", "strong", "b", "em", "i", "u", "s", "del", "code", "sub", "sup"}
TAGS = {
    *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "ul", "ol", "li"),
    *_INLINE,
}
# The content of these is no text for readers. All other unknown tags leave their content.
_DROPPED = {
    *("script", "style", "head", "title", "template", "svg", "math", "iframe", "object"),
    *("noscript", "textarea", "select", "audio", "video", "canvas"),
}
_VOID = {"br", "hr", "img", "input", "wbr", "meta", "link", "area", "base", "col", "embed"}

# In characters. Longer HTML is cut before it is parsed. A form with it fits into what Django takes.
MAX_HTML = 800_000
# Deeper elements become text. Programs that read HTML recurse, and the notes' lists end before.
MAX_DEPTH = 24
# The same before parsing, when tags that need no end still count.
MAX_RAW_DEPTH = 500

# Matches each tag of sanitised HTML, whose texts and attributes have no bare "<" or ">".
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)>")
_TOP_HEADING = re.compile(r"<(/?)h1(?=[\s>])", re.IGNORECASE)

_cleaner = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=_DROPPED,
    attributes={"a": {"href"}},
    tag_attribute_values={"li": {"class": {"todo", "done"}}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    # The owner has read what they publish, so search engines may follow the links.
    link_rel="noopener",
)


def clean_html(html: str) -> str:
    """Valid HTML with few tags and links. Cleaning it again changes nothing."""
    html = plain_text.REMOVED.sub("", html.replace("\r\n", "\n")[:MAX_HTML])
    html = _TOP_HEADING.sub(r"<\1h2", flattened(html, MAX_RAW_DEPTH))
    return flattened(_cleaner.clean(html), MAX_DEPTH).strip()


def flattened(html: str, depth: int) -> str:
    """``html`` without the tags inside ``depth`` others; their text stays."""
    open_tags = 0

    def keep(found: re.Match[str]) -> str:
        nonlocal open_tags
        if found[2].lower() in _VOID:
            return found[0]
        if not found[1]:
            open_tags += 1
            return found[0] if open_tags <= depth else ""
        open_tags -= 1
        return found[0] if open_tags < depth else ""

    return TAG.sub(keep, html)


def text_of(html: str) -> str:
    """What sanitised HTML says, without its tags."""
    return unescape(TAG.sub(lambda found: "" if found[2] in _INLINE else " ", html))


def is_empty(html: str) -> bool:
    """Whether sanitised HTML has nothing to read."""
    return not plain_text.is_visible(text_of(html))


def links(html: str) -> list[str]:
    """The web addresses that sanitised HTML links to, each once."""
    found = (unescape(one) for one in re.findall(r'<a href="(https?://[^"]+)"', html))
    return list(dict.fromkeys(found))
