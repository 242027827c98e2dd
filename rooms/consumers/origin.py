"""Only pages of our own origins may open a WebSocket.

A browser sends cookies with every WebSocket, and no preflight before it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import OriginValidator, WebsocketDenier


class SiteOriginValidator(OriginValidator):
    """Channels' validator refuses missing and foreign origins, but raises for malformed ones."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        if all(well_formed(value) for name, value in scope.get("headers", []) if name == b"origin"):
            return await super().__call__(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)


def well_formed(origin: bytes) -> bool:
    """Whether the parts of an origin can be read."""
    try:
        parts = urlsplit(origin.decode("latin-1"))
        return parts.hostname is None or parts.port is None or parts.port > 0
    except ValueError:
        return False
