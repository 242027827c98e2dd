"""The other end of a WebSocket, which may be gone before we hear of it."""

from __future__ import annotations

import contextlib
from typing import Any

from autobahn.exception import Disconnected
from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import translation

from rooms import languages

# The close code for an unexpected error of the server (RFC 6455, 7.4.1).
FAILED = 1011


class PeerSocket(AsyncWebsocketConsumer):
    """A consumer that may send at any time.

    An event may be handled after the connection is lost and before ``disconnect`` arrives. ASGI
    wants such a send to do nothing. Daphne raises autobahn's exception instead, which would end the
    consumer with a traceback.
    """

    async def __call__(self, scope: dict[str, Any], *args: Any) -> None:
        """Speak the browser's language, which holds for this task and what it starts.

        Clean up when a handler raises: Channels just ends the consumer.
        """
        translation.activate(languages.of_headers(scope.get("headers", ())))
        try:
            await super().__call__(scope, *args)
        except Exception:
            await self.disconnect(FAILED)
            raise

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle a message. Channels would wait for the process' database thread before each."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """Likewise."""
        await self.disconnect(message["code"])
        raise StopConsumer

    async def send(self, *args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(Disconnected):
            await super().send(*args, **kwargs)

    async def close(self, *args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(Disconnected):
            await super().close(*args, **kwargs)
