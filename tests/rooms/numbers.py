"""Numbers as a worker would write them."""

from __future__ import annotations

import json
import re
from typing import Any

from sfu_worker import numbers, wire
from sfu_worker.numbers import Counts, Datagrams, Links, RoomNumbers, WorkerNumbers

ROOM = RoomNumbers(
    epoch="e",
    people=5,
    streams=1,
    viewers=12,
    audio_tracks=5,
    video_tracks=4,
    paused=0,
    links=Links(1_800_000, 6_000_000, 0.035, 0.004),
    total=Counts(packets_in=9000, octets_in=8_000_000, nacks_in=3),
    last=Counts(
        packets_in=800,
        octets_in=525_000,
        packets_out=3000,
        octets_out=2_000_000,
        lost_in=8,
        lost_out=12,
    ),
)


WORKER = WorkerNumbers(
    "w1",
    "0.1.0",
    93_600.0,
    118_000_000,
    0.012,
    0.001,
    ["garden"],
    Datagrams(received=7, sent=9),
    wait_max=0.008,
    late=0.03,
    cpu=0.17,
)


def publish(
    client: Any,
    *,
    load: float = 0.42,
    busy: bool = False,
    worker: WorkerNumbers | None = WORKER,
    room: RoomNumbers | None = ROOM,
) -> None:
    """Write what a worker would write."""
    body = {
        "worker": "w1",
        "load": load,
        "rooms": 1,
        "people": 5,
        "draining": False,
        "busy": busy,
        "addresses": [],
    }
    client.sadd(wire.WORKERS_KEY, "w1", "dead")
    client.set(wire.worker_key("w1"), json.dumps(body))
    if worker is not None:
        client.set(wire.worker_numbers_key("w1"), numbers.encode(worker))
    if room is not None:
        client.set(wire.room_numbers_key("garden"), numbers.encode(room))


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode().replace("\N{NO-BREAK SPACE}", " "))
