"""The STUN and TURN servers for a browser, with credentials that expire."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

# As long as a pass. A call that lasts longer has its relay already.
VALID = timedelta(hours=12)


def credentials(secret: str, person: str, now: datetime) -> tuple[str, str]:
    """User name and password for coturn's ``use-auth-secret``.

    They are the expiry in Unix seconds, and an HMAC-SHA1 in base64.
    """
    username = f"{int((now + VALID).timestamp())}:{person}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


def ice_servers(person: str, now: datetime) -> list[dict[str, Any]]:
    """``iceServers`` for ``RTCPeerConnection``; often empty: workers are reached directly."""
    servers: list[dict[str, Any]] = []
    if settings.STUN_URLS:
        servers.append({"urls": settings.STUN_URLS})
    if settings.TURN_URLS and settings.TURN_SECRET:
        username, credential = credentials(settings.TURN_SECRET, person, now)
        servers.append({"urls": settings.TURN_URLS, "username": username, "credential": credential})
    return servers
