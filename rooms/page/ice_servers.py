"""The STUN and TURN servers that a browser is told, with credentials that end."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

VALID = timedelta(hours=12)
"As long as a pass: a call that outlives it has its relay already."


def credentials(secret: str, person: str, now: datetime) -> tuple[str, str]:
    """User name and password as coturn's ``use-auth-secret`` checks them: the end in Unix seconds, HMAC-SHA1 in base64."""
    username = f"{int((now + VALID).timestamp())}:{person}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


def ice_servers(person: str, now: datetime) -> list[dict[str, Any]]:
    """For ``RTCPeerConnection``'s ``iceServers``; empty where none is configured: the workers are reached directly."""
    servers: list[dict[str, Any]] = []
    if settings.STUN_URLS:
        servers.append({"urls": settings.STUN_URLS})
    if settings.TURN_URLS and settings.TURN_SECRET:
        username, credential = credentials(settings.TURN_SECRET, person, now)
        servers.append({"urls": settings.TURN_URLS, "username": username, "credential": credential})
    return servers
