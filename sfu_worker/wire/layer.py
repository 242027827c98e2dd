"""The channel layer that both sides share: its options, and its names."""

from __future__ import annotations

import socket
from typing import Any

from sfu_worker.wire.keys import PREFIX

# Messages that may wait in a channel: about ten seconds of a busy worker.
CAPACITY = 2000

# Nobody waits for an older message any more.
EXPIRY_SECONDS = 30

# A connection to Redis is dead if the other host acknowledges nothing for so long.
SILENT_SECONDS = 6


def layer_options(redis_url: str, capacity: int = CAPACITY) -> dict[str, Any]:
    """The options of the channel layer, for every process that talks over it.

    The socket has no time limit. redis-py's own 5 s are just as long as channels_redis blocks, so
    silence would count as an error. Reads and writes with a limit also swallow a cancellation now
    and then (asyncio.wait_for before Python 3.12), and the task would not end.
    """
    return {
        "hosts": [{"address": redis_url, "socket_timeout": None, **_noticing(redis_url)}],
        "prefix": PREFIX,
        "capacity": capacity,
        "expiry": EXPIRY_SECONDS,
    }


def _noticing(redis_url: str) -> dict[str, Any]:
    """Options that end a connection whose other host was unplugged; see ``SILENT_SECONDS``."""
    if redis_url.startswith("unix:"):
        return {}
    return {
        "socket_keepalive_options": {
            socket.TCP_KEEPIDLE: 2,
            socket.TCP_KEEPINTVL: 2,
            socket.TCP_KEEPCNT: SILENT_SECONDS // 2 - 1,
            # Also while something was sent: Linux would try again for up to a quarter of an hour,
            # in steps of up to two minutes, and hear nothing meanwhile.
            socket.TCP_USER_TIMEOUT: SILENT_SECONDS * 1000,
        }
    }


def worker_channel(worker: str) -> str:
    """The channel on which a worker hears commands."""
    return f"sfu.{worker}"


def process_of(channel: str) -> str:
    """The web process behind a reply channel; '' if the channel belongs to none."""
    process, mark, _ = channel.partition("!")
    return process if mark else ""


def room_group(room: str) -> str:
    """The group of everyone who hears a room's events."""
    return f"room.{room}"
