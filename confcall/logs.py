"""Keeping capabilities out of the logs."""

from __future__ import annotations

import logging
import re

# Whoever has an invite's token or a notes key is in; both are part of a path, and paths get logged.
# Mangled addresses get logged as well: with blanks and odd slashes in front, or with characters that
# nobody sees within the token. Django writes such characters as escapes. Possessive quantifiers
# keep the time linear, whatever a stranger asks for.
_ESCAPED = r"%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\\x[0-9a-f]{2}|\\[nrt]"
_UNSEEN = "\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_CAPABILITY = re.compile(
    rf"((?:(?<![\w-])|{_ESCAPED})[in]/(?:{_ESCAPED}|[^\w-])*+|key\.)"
    rf"(?:(?:{_ESCAPED}|[{_UNSEEN}])*+[\w-]){{8,}}+",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """``text`` without the tokens and keys in it."""
    return _CAPABILITY.sub(r"\1…", text)


class NoTokens(logging.Filter):
    """Takes invite tokens and notes keys out of a record's message."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        clean = masked(message)
        if clean != message:
            record.msg, record.args = clean, ()
        return True
