"""Sanitised HTML as Markdown (CommonMark with GitHub's check lists and strikethrough)."""

from __future__ import annotations

import re
from typing import Any

from markdownify import MarkdownConverter

_CHECKS = {"todo": ("☐", "[ ]"), "done": ("☑", "[x]")}
_SPECIAL = re.compile(r"([\\`*_~<\[\]]|&(?=#?\w{1,31};))")
# What begins a heading, a quotation, a list or a line under a heading.
_AT_START = re.compile(r"^([ \t]*)(#{1,6}(?=\s|$)|>|[-+](?=\s|$)|-{2,}\s*$|=+\s*$)", re.MULTILINE)
_NUMBERED = re.compile(r"^([ \t]*\d{1,9})(?=[.)](?:\s|$))", re.MULTILINE)
# Characters that end a link's address.
_IN_ADDRESS = {"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", " ": "%20", "\\": "%5C"}


def markdown(html: str) -> str:
    """Markdown that says the same. Text that looks like markup is escaped."""
    text: str = _Converter(heading_style="ATX", bullets="-", autolinks=False).convert(html)
    return f"{text.strip()}\n" if text.strip() else ""


class _Converter(MarkdownConverter):
    """Mends what the library leaves to its users."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._counts: dict[int, int] = {}

    def escape(self, text: str, parent_tags: set[str]) -> str:
        # The library escapes either too little for readers who allow HTML, or every "=".
        text = _SPECIAL.sub(r"\\\1", text)
        return _NUMBERED.sub(r"\1\\", _AT_START.sub(r"\1\\\2", text))

    def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
        address = str(el.get("href") or "")
        if "_noformat" in parent_tags or not text.strip() or not address:
            return text
        for character, code in _IN_ADDRESS.items():
            address = address.replace(character, code)
        return f"[{text.strip()}]({address})"

    def convert_li(self, el: Any, text: str, parent_tags: set[str]) -> str:
        text = text.strip()
        kind = " ".join(el.get("class") or [])
        if kind in _CHECKS:
            sign, box = _CHECKS[kind]
            text = f"{box} {text.removeprefix(sign).lstrip()}"
        bullet = "-"
        if el.parent is not None and el.parent.name == "ol":
            # The library counts the items before each item.
            number = self._counts[id(el.parent)] = self._counts.get(id(el.parent), 0) + 1
            bullet = f"{number}."
        indent = " " * (len(bullet) + 1)
        lines = [indent + line if line else "" for line in text.split("\n")]
        return bullet + " " + "\n".join(lines).lstrip() + "\n"

    def convert_pre(self, el: Any, text: str, parent_tags: set[str]) -> str:
        longest = max((len(run) for run in re.findall("`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        code = text.rstrip("\n")
        return f"\n\n{fence}\n{code}\n{fence}\n\n" if code else ""
