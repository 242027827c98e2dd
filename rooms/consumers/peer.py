"""The other end of a WebSocket, which may be gone before we hear of it."""

from __future__ import annotations

import contextlib
from typing import Any

from autobahn.exception import Disconnected
from channels.generic.websocket import AsyncWebsocketConsumer

# The close code of a server that met something unexpected (RFC 6455, 7.4.1).
FAILED = 1011


class PeerSocket(AsyncWebsocketConsumer):
    """A consumer that may send at any time.

    An event can be handled after the connection is lost and before ``disconnect`` has come: what is sent then goes nowhere,
    as ASGI means it to. Daphne lets autobahn's exception through instead, which would end the consumer with a traceback.
    """

    async def __call__(self, *args: Any) -> None:
        """Channels ends a consumer whose handler raises without a word: nobody would clean up."""
        try:
            await super().__call__(*args)
        except Exception:
            await self.disconnect(FAILED)
            raise

    async def send(self, *args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(Disconnected):
            await super().send(*args, **kwargs)

    async def close(self, *args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(Disconnected):
            await super().close(*args, **kwargs)
