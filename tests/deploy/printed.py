"""The fenced blocks that the documentation prints, by language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tools.product import ROOT

GUIDE = ROOT / "docs/operations.md"
READERS = (ROOT / "README.md", GUIDE)


@dataclass(frozen=True)
class Block:
    """One block as people copy it."""

    page: Path
    language: str
    text: str


def printed_blocks() -> list[Block]:
    """All fenced blocks of the pages for people who install, in order."""
    fence = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
    return [
        Block(page, language, re.sub(f"^{indent}", "", text, flags=re.MULTILINE))
        for page in READERS
        for indent, language, text in fence.findall(page.read_text(encoding="utf-8"))
    ]


def printed_block(language: str, containing: str = "") -> str:
    """The one block of a language that contains a text."""
    (text,) = (
        block.text
        for block in printed_blocks()
        if block.language == language and containing in block.text
    )
    return text
