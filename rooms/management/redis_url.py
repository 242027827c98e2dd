"""Where commands find the workers."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings


def redis_url() -> str:
    """The REDIS_URL where the workers report, or the Valkey that `serve` started."""
    own = Path(settings.DATA_DIR) / "run" / "valkey.sock"
    chosen = os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE")
    return f"unix://{own.resolve()}" if not chosen and own.exists() else settings.REDIS_URL
