"""Etherpad's export as HTML with paragraphs. Pure.

Etherpad ends each line with ``<br>``; only lists and, with a plugin, headings are elements.
"""

from __future__ import annotations

import re

from rooms.posts.sanitise import TAG, clean_html, text_of

_BLOCKS = {"h2", "h3", "h4", "h5", "h6", "p", "hr", "blockquote", "pre", "ul", "ol"}
_HEADING = re.compile(r"<(/?)h([1-5])(?=[\s>])", re.IGNORECASE)
_LINE = re.compile(r"\A\s*((?:(?!<br>)[\s\S])*?)\s*(?:(?:<br>\s*)+|\Z|(?=<(?:ul|ol|h[2-6]|p)>))")


def from_etherpad(html: str, title: str) -> str:
    """Sanitised. The first line is left out if it is ``title``: we write that into new pads."""
    html = _HEADING.sub(lambda found: f"<{found[1]}h{int(found[2]) + 1}", html)
    html = clean_html(html)
    first = _LINE.match(html)
    if first and " ".join(text_of(first[1]).split()) == " ".join(title.split()):
        html = html[first.end() :]
    return clean_html(_paragraphs(html))


def _paragraphs(html: str) -> str:
    """Lines outside of blocks as paragraphs, which an empty line separates."""
    out: list[str] = []
    inline: list[str] = []
    depth = at = 0

    def end_paragraph() -> None:
        text = re.sub(r"\A(?:\s|<br>)+|(?:\s|<br>)+\Z", "", "".join(inline))
        inline.clear()
        if text:
            out.append(f"<p>{text}</p>")

    for found in TAG.finditer(html):
        (out if depth else inline).append(html[at : found.start()])
        at = found.end()
        tag, closing = found[2], bool(found[1])
        if tag in _BLOCKS:
            if not depth:
                end_paragraph()
            out.append(found[0])
            depth += 0 if tag == "hr" else -1 if closing else 1
        elif tag == "br" and not depth and "".join(inline).rstrip().endswith("<br>"):
            end_paragraph()
        else:
            (out if depth else inline).append(found[0])
    inline.append(html[at:])
    end_paragraph()
    return "".join(out)
