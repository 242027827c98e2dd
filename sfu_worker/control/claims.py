"""How a worker keeps its rooms: one script reports, and refreshes the claims that are its own.

The same round trip reads the leases of web processes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sfu_worker import wire

WORKER_TTL_MS = int(wire.WORKER_TTL_SECONDS * 1000)
ROOM_TTL_MS = int(wire.ROOM_TTL_SECONDS * 1000)

# KEYS: the set of workers, the fence, the worker's own key. ARGV: the worker, its report, the times
# to live of a worker and of a room, the prefixes of room and live keys; then the slug, fence and
# live report of each room. Returns for each room its fence from now on; 0: another worker holds it.
#
# A key that is missing has expired, or Redis has lost everything. A lower fence than ours was given
# out by a Redis that had forgotten ours.
_BEAT = """
local me, ttl, room_ttl, prefix, live = ARGV[1], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local fences = {}
redis.call('SET', KEYS[3], ARGV[2], 'PX', ttl)
redis.call('SADD', KEYS[1], me)
for i = 7, #ARGV, 3 do
  local key, mine = prefix .. ARGV[i], tonumber(ARGV[i + 1])
  local fence, holder = string.match(redis.call('GET', key) or '', '^(%d+) (.+)$')
  fence = tonumber(fence) or 0
  if holder == me then
    fence = math.max(fence, mine)
  elseif holder and fence >= mine then
    fence = 0
  else
    fence = math.max(tonumber(redis.call('GET', KEYS[2]) or 0), mine) + 1
    redis.call('SET', KEYS[2], string.format('%d', fence))
  end
  if fence > 0 then
    redis.call('SET', key, string.format('%d ', fence) .. me, 'PX', room_ttl)
    redis.call('SET', live .. ARGV[i], ARGV[i + 2], 'PX', ttl)
  end
  fences[#fences + 1] = fence
end
return fences
"""


class Answer(NamedTuple):
    """What Redis says to a beat.

    ``fences`` has the fence of each room from now on; 0: another worker holds it. ``leases`` has of
    each web process its beat, then a mark of each channel that was asked for and is listed.
    """

    fences: dict[str, int]
    leases: dict[str, list[str | None]]


async def beat(
    redis: Any,
    worker: str,
    report: str,
    rooms: Mapping[str, tuple[int, str]],
    sockets: Mapping[str, Sequence[str]],
) -> Answer:
    """Report, keep or take the rooms, and ask for the leases of sockets.

    ``rooms`` are the fence and the live report of each room by its slug, ``sockets`` the channels
    of each web process.
    """
    args: list[str | int] = [worker, report, WORKER_TTL_MS, ROOM_TTL_MS]
    args += [wire.room_key(""), wire.live_key("")]
    for slug, (fence, live) in rooms.items():
        args += [slug, fence, live]
    keys = [wire.WORKERS_KEY, wire.FENCE_KEY, wire.worker_key(worker)]
    pipe = redis.pipeline(transaction=False)
    pipe.eval(_BEAT, len(keys), *keys, *args)
    for process, channels in sockets.items():
        pipe.hmget(wire.web_key(process), ["beat", *channels])
    fences, *leases = await pipe.execute()
    return Answer(dict(zip(rooms, fences, strict=True)), dict(zip(sockets, leases, strict=True)))


async def others(redis: Any, worker: str) -> bool:
    """Whether another worker lives that takes rooms, busy or not."""
    names = sorted(set(await redis.smembers(wire.WORKERS_KEY)) - {worker})
    reports = await redis.mget([wire.worker_key(name) for name in names]) if names else []
    return any(wire.lives(report) and not json.loads(report).get("draining") for report in reports)
