"""A room on a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sfu_worker import sdp
from sfu_worker.call.connection import Host
from sfu_worker.call.room import Room
from sfu_worker.net.dtls import Certificate
from sfu_worker.net.port import MediaPort
from sfu_worker.up.batch import Batch
from tests.sfu_worker.builders.house import House, open_house
from tests.sfu_worker.builders.rooms import Recorder


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    port = MediaPort(["127.0.0.1"], 0)
    await port.start()
    yield Host(port, Batch(), Certificate(), sdp.candidates(["127.0.0.1"], port.port))
    await port.stop()


@pytest.fixture
def said() -> Recorder:
    return Recorder()


@pytest.fixture
def room(host: Host, said: Recorder) -> Room:
    return Room("garden", 1, said, said, host)


@pytest.fixture
async def house(redis_url: str, clean_redis: Any) -> AsyncIterator[House]:
    async with open_house(redis_url) as house:
        yield house
