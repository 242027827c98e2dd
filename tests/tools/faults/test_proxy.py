"""The proxy between real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tools.faults.proxy import Proxy, proxy

LIMIT = 20.0


@pytest.fixture
async def echo() -> AsyncIterator[Proxy]:
    """A proxy to a server that repeats what it is told."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        with proxy(server.sockets[0].getsockname()[1]) as made:
            yield made


async def say(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], text: bytes) -> bytes:
    reader, writer = connection
    writer.write(text)
    return await asyncio.wait_for(reader.read(100), LIMIT)


async def test_what_is_said_arrives_until_it_is_cut_and_again_when_it_is_mended(
    echo: Proxy,
) -> None:
    first = await asyncio.open_connection("127.0.0.1", echo.port)
    assert await say(first, b"one") == b"one"
    echo.cut()
    with pytest.raises((ConnectionError, AssertionError)):
        assert await say(first, b"two") == b"two"
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", echo.port)
    echo.mend()
    second = await asyncio.open_connection("127.0.0.1", echo.port)
    assert await say(second, b"three") == b"three"
    second[1].close()


async def test_a_stalled_connection_keeps_what_was_said(echo: Proxy) -> None:
    connection = await asyncio.open_connection("127.0.0.1", echo.port)
    assert await say(connection, b"one") == b"one"
    echo.stall()
    saying = asyncio.create_task(say(connection, b"two"))
    done, _ = await asyncio.wait([saying], timeout=0.3)
    assert not done
    echo.mend()
    assert await saying == b"two"
    connection[1].close()
