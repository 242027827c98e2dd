"""Keeping capabilities out of the logs."""

from __future__ import annotations

import logging
import re

# Whoever has an invite's token or a notes key is in; both are part of a path, and paths get logged.
# Mangled addresses (``/I//TOKEN``) get logged as well.
_CAPABILITY = re.compile(r"(/[in]/(?:%[0-9a-f]{2}|[^\w-])*|key\.)[\w-]{8,}", re.IGNORECASE)


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
