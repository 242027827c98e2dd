"""What scripts say to people: key -> text. Pages hand it to their scripts with ``for_scripts``."""

from __future__ import annotations

from django.utils.functional import Promise

TEXTS: dict[str, str | Promise] = {}


def for_scripts() -> dict[str, str]:
    """All texts in the language of the request."""
    return {key: str(text) for key, text in TEXTS.items()}
