"""Etherpad's export as HTML with paragraphs. Pure.

Etherpad ends each line with ``<br>``; only lists and, with a plugin, headings are elements.
"""

from __future__ import annotations

import re

from rooms.posts.sanitise import TAG, clean_html, text_of

_BLOCKS = {"h2", "h3", "h4", "h5", "h6", "p", "hr", "blockquote", "pre", "ul", "ol"}
_HEADING = re.compile(r"<(/?)h([1-5])(?=[\s>])", re.IGNORECASE)
_LINE_END = re.compile(r"<br>|(?=<(?:ul|ol|h[2-6]|p)>)")


def from_etherpad(html: str, title: str) -> str:
    """Sanitised. The first line is left out if it is ``title``: we write that into new pads."""
    html = _HEADING.sub(lambda found: f"<{found[1]}h{int(found[2]) + 1}", html)
    html = clean_html(html)
    end = _LINE_END.search(html)
    first, rest = (html[: end.start()], html[end.end() :]) if end else (html, "")
    if text_of(first).split() == title.split():
        html = rest
    return clean_html(_paragraphs(html))


def _paragraphs(html: str) -> str:
    """Lines outside of blocks as paragraphs, which an empty line separates."""
    out: list[str] = []
    # Lines of the paragraph, each in pieces.
    lines: list[list[str]] = [[]]
    depth = at = 0

    def end_paragraph() -> None:
        texts = ["".join(line).strip() for line in lines]
        lines[:] = [[]]
        if any(texts):
            out.append(f"<p>{'<br>'.join(text for text in texts if text)}</p>")

    for found in TAG.finditer(html):
        (out if depth else lines[-1]).append(html[at : found.start()])
        at = found.end()
        tag, closing = found[2], bool(found[1])
        if tag in _BLOCKS:
            if not depth:
                end_paragraph()
            out.append(found[0])
            depth += 0 if tag == "hr" else -1 if closing else 1
        elif tag == "br" and not depth:
            if "".join(lines[-1]).strip():
                lines.append([])
            else:
                end_paragraph()
        else:
            (out if depth else lines[-1]).append(found[0])
    lines[-1].append(html[at:])
    end_paragraph()
    return "".join(out)
