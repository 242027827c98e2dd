"""The channel layer of every process: channels_redis, by the clock of Redis alone.

channels_redis dates messages and members of groups by the clock of whoever sends, and whoever sends
next forgets what is old by theirs. With two hosts an hour apart, waiting messages were lost: of
300 from the slower clock, 91. Here Redis dates everything, and messages keep their order even if
its clock is put back.

All consumers of a process share one read at Redis. In channels_redis a consumer that ends during
its turn to read may take a message of another one along. Here the next consumer goes on with the
read.
"""

from __future__ import annotations

import asyncio
from typing import Any

from channels.exceptions import ChannelFull
from channels_redis.core import RedisChannelLayer

# Appends a message to each channel of KEYS that is not full; returns how many are.
# ARGV: the seconds after which a message is forgotten; a capacity and a message for each channel.
_PUSH = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local full = 0
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.6f', now - ARGV[1]))
  if redis.call('ZCARD', key) < tonumber(ARGV[2 * i]) then
    local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]
    local at = last and math.max(now, last + 0.000001) or now
    redis.call('ZADD', key, string.format('%.6f', at), ARGV[2 * i + 1])
    redis.call('EXPIRE', key, ARGV[1])
  else
    full = full + 1
  end
end
return full
"""

# ARGV: the channel, and the seconds after which it is forgotten unless it is added again.
_ADD = """
redis.call('ZADD', KEYS[1], redis.call('TIME')[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""

# ARGV: the same number of seconds.
_MEMBERS = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', redis.call('TIME')[1] - ARGV[1])
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""


class ChannelLayer(RedisChannelLayer):
    """Takes its options from ``wire.layer_options``, and so has one Redis."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # A read whose consumer has ended, until another one takes it up.
        self._left: asyncio.Task[Any] | None = None

    async def receive_single(self, channel: str) -> Any:
        """The channel and content of the next message in a queue. One caller at a time."""
        if "!" not in channel:
            return await super().receive_single(channel)
        reading, self._left = self._left, None
        # Each test has its own event loop, which ends its tasks.
        if reading is None or reading.get_loop() is not asyncio.get_running_loop():
            reading = asyncio.create_task(super().receive_single(channel))
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            self._left = None if reading.cancelled() else reading
            raise

    async def close_pools(self) -> None:
        """Close all connections. No one may be receiving."""
        if self._left is not None:
            self._left.cancel()
            self._left = None
        await super().close_pools()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send to one channel. Raises ChannelFull, and the errors of redis-py."""
        assert self.require_valid_channel_name(channel)
        if "!" in channel:
            message = {**message, "__asgi_channel__": channel}
        if await self._push([(channel, self.serialize(message))]):
            raise ChannelFull

    async def group_add(self, group: str, channel: str) -> None:
        """Let a channel hear a group for ``group_expiry`` seconds from now."""
        assert self.require_valid_group_name(group)
        assert self.require_valid_channel_name(channel)
        await self._run(_ADD, [self._group_key(group)], channel, self.group_expiry)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to all channels of a group. A full one misses the message."""
        assert self.require_valid_group_name(group)
        found = await self._run(_MEMBERS, [self._group_key(group)], self.group_expiry)
        # All channels of a process share one queue, and one message names them all.
        queues: dict[str, list[str]] = {}
        for channel in (name.decode() for name in found):
            queues.setdefault(self._queue(channel), []).append(channel)
        await self._push(
            [
                (channels[0], self.serialize({**message, "__asgi_channel__": channels}))
                for channels in queues.values()
            ]
        )

    async def _push(self, messages: list[tuple[str, bytes]]) -> int:
        """Send these to their channels at once; return how many were full."""
        if not messages:
            return 0
        args: list[Any] = [self.expiry]
        for channel, text in messages:
            args += [self.get_capacity(channel), text]
        keys = [self.prefix + self._queue(channel) for channel, _ in messages]
        return int(await self._run(_PUSH, keys, *args))

    def _queue(self, channel: str) -> str:
        return self.non_local_name(channel) if "!" in channel else channel

    async def _run(self, script: str, keys: list[Any], *args: Any) -> Any:
        return await self.connection(0).eval(script, len(keys), *keys, *args)
