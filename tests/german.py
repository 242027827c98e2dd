"""Recognising English on a page that should be German."""

from __future__ import annotations

import re
from functools import cache

from tools import messages


@cache
def english() -> re.Pattern[str]:
    """What a page must not say: every message that is something else in German."""
    (path,) = (path for path in messages.catalogues() if path.parts[-3] == "de")
    said: set[str] = set()
    for message in messages.messages(messages.read(path)):
        pairs = zip(messages.forms(message.id), messages.forms(message.string), strict=True)
        said |= {id_ for id_, german in pairs if german and german != id_}
    patterns = []
    for text in said:
        parts = re.split(r"\{\w*\}|%\(\w+\)[sd]|%[sd]", " ".join(text.split()))
        if any(re.search(r"[a-z]{2}", part) for part in parts):
            patterns.append(".+".join(map(re.escape, parts)))
    return re.compile("|".join(sorted(patterns, key=len, reverse=True)))
