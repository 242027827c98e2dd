"""Sending to a peer that is gone."""

from __future__ import annotations

from typing import Any

from autobahn.exception import Disconnected

from rooms.consumers.call import CallConsumer
from rooms.consumers.notes import NotesConsumer


async def gone(message: dict[str, Any]) -> None:
    """What Daphne does with a message for a connection that autobahn has closed."""
    raise Disconnected("Attempt to send on a closed protocol")


async def test_sending_to_a_lost_connection_does_nothing() -> None:
    for consumer in (CallConsumer(), NotesConsumer()):
        consumer.base_send = gone
        await consumer.send(text_data="{}")
        await consumer.send(bytes_data=b"\x00")
        await consumer.close(1000)
