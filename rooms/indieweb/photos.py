"""Photos of people, from their own sites. We encode them anew, so nothing else in them survives."""

from __future__ import annotations

import io
import logging
import secrets

from django.core.files.base import ContentFile

from rooms import fetching
from rooms.looks import image_files

logger = logging.getLogger(__name__)

# A tile shows them at 128 px, and screens have up to two pixels for one.
SIDE = 256
QUALITY = 80
MAX_BYTES = 5_000_000
MAX_PIXELS = 25_000_000


def fetch_photo(url: str, seconds: float) -> ContentFile[bytes] | None:
    """A square WebP for a field that uploads to ``photos/``; None if there is no usable photo."""
    try:
        answer = fetching.fetch(url, seconds=seconds, max_bytes=MAX_BYTES, accept="image/*")
        if not answer.ok:
            raise fetching.Failed(f"The site answers with the status {answer.status}.")
        return encode(answer.body)
    except (fetching.FetchError, image_files.BadImage) as exc:
        logger.info("x a photo was not fetched: %s", exc)
        return None


def encode(data: bytes) -> ContentFile[bytes]:
    """The photo as we keep it, under a new name. Raises BadImage."""
    pixels = image_files.square(data, MAX_PIXELS, SIDE)
    body = io.BytesIO()
    pixels.save(body, "WEBP", quality=QUALITY, method=4)
    return ContentFile(body.getvalue(), f"{secrets.token_hex(8)}.webp")
