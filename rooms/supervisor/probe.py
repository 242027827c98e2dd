"""Whether a part answers yet. Each probe gives up within a second and never raises."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

PATIENCE_SECONDS = 1.0

Probe = Callable[[], Awaitable[bool]]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def tcp_answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    return await _asked(asyncio.open_connection(host, port), b"", b"")


async def redis_answers(unix_socket: str) -> bool:
    return await _asked(asyncio.open_unix_connection(unix_socket), b"PING\r\n", b"+PONG")


async def http_answers(host: str, port: int, path: str) -> bool:
    """Whether ``path`` answers 200.

    The request names the loopback host, which is always allowed.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    return await _asked(asyncio.open_connection(host, port), request, b"HTTP/1.1 200")


async def _asked(opening: Coroutine[Any, Any, Connection], question: bytes, answer: bytes) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), _opened(opening) as (reader, writer):
            writer.write(question)
            await writer.drain()
            return await reader.readexactly(len(answer)) == answer
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False


@contextlib.asynccontextmanager
async def _opened(opening: Coroutine[Any, Any, Connection]) -> AsyncIterator[Connection]:
    reader, writer = await opening
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
