"""Keeping capabilities out of the logs."""

from __future__ import annotations

import logging
import re
import time

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import UnreadablePostError

# Of each kind of bad request, a line is written so often at most.
STRANGERS_SECONDS = 60.0

# An invite's token or a notes key lets anyone in. Both are part of a path, and paths get logged.
# Mangled addresses are logged too: with blanks and odd slashes in front, or with invisible
# characters inside the token, which Django writes as escapes. Possessive quantifiers keep the time
# linear, whatever a stranger requests.
_ESCAPED = r"%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\\x[0-9a-f]{2}|\\[nrt]"
# In the parameter of another address, perhaps escaped more than once.
_SLASH = r"%(?:25)*+2f"
_UNSEEN = "\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_CAPABILITY = re.compile(
    rf"((?:(?<![\w-])|{_ESCAPED}|{_SLASH})(?:[in]|admit)(?:/|{_SLASH})"
    rf"(?:{_ESCAPED}|[^\w-])*+|(?:key|pass)\.)"
    rf"(?:(?:{_ESCAPED}|[{_UNSEEN}])*+[\w-]){{8,}}+",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """``text`` without its tokens and keys."""
    return _CAPABILITY.sub(r"\1…", text)


class NoTokens(logging.Filter):
    """Removes invite tokens and notes keys from a record's message."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        clean = masked(message)
        if clean != message:
            record.msg, record.args = clean, ()
        return True


class Strangers(logging.Filter):
    """Writes one line about bad requests now and then, without a traceback.

    Anyone can send them: a host name that is not ours, a body that is too long, too many fields.
    """

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[type, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, SuspiciousOperation | BadRequest | UnreadablePostError):
            return True
        now, kind = time.monotonic(), type(error)
        if now - self._written.get(kind, -STRANGERS_SECONDS) < STRANGERS_SECONDS:
            return False
        self._written[kind] = now
        record.exc_info, record.exc_text = None, None
        return True
