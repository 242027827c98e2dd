"""Which worker holds a room: one Lua script, so that people who come at once meet on one worker.

The functions take a Redis client, and let its errors through; ``rooms.workers.sfu`` is for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sfu_worker import wire

# How long a placement waits for the first participant; then the worker keeps the key alive.
ROOM_TTL_MS = int(wire.ROOM_TTL_SECONDS * 1000)

# A worker counts its rooms about once a second. Until then, new placements are counted here.
PLACED_TTL_MS = 3000

CROWDED = "crowded"

# ``state`` describes a worker that lives. ``least`` is the least loaded of those that take rooms:
# not draining, and not busy unless ``busy`` allows it.
_WORKERS = """
local prefix, placed = ARGV[1], ARGV[2]
local function state(id)
  local raw = redis.call('GET', prefix .. id)
  local found = raw and cjson.decode(raw)
  if not found or found.dead then return nil end
  found.raw = raw
  return found
end
local function least(gone, busy)
  local best = nil
  for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    -- Nobody else forgets a worker whose host never came back. A late one adds itself again.
    if redis.call('EXISTS', prefix .. id) == 0 then redis.call('SREM', KEYS[1], id) end
    local w = not gone[id] and state(id)
    if w and not w.draining and (busy or not w.busy) then
      -- Steps of a twentieth: a smaller difference is noise, and the number of rooms says more.
      local load = math.floor((tonumber(w.load) or 0) * 20)
      local count = (tonumber(w.rooms) or 0) + (tonumber(redis.call('GET', placed .. id)) or 0)
      if not best or load < best.load or (load == best.load
          and (count < best.count or (count == best.count and id < best.id))) then
        best = {id = id, load = load, count = count, raw = w.raw}
      end
    end
  end
  return best
end
"""

_LEAST = _WORKERS + "local best = least({}, true) return best and best.raw or false"

# KEYS: the set of workers, the room, the fence. ARGV: two prefixes, the times to live of a room's
# key and of a count, whether it is for a newcomer, then the workers that count as dead.
_PLACE = (
    _WORKERS
    + """
local newcomer, gone = ARGV[5] == '1', {}
for i = 6, #ARGV do gone[ARGV[i]] = true end
local held = redis.call('GET', KEYS[2])
local _, id = string.match(held or '', '^(%d+) (.+)$')
local holder = id and not gone[id] and state(id)
if holder and not holder.draining then
  if newcomer and holder.busy then return 'crowded' end
  return held
end
local best = least(gone, false)
if not best and not holder then
  best = least(gone, true)
  if best and newcomer then return 'crowded' end
end
if not best then return holder and held or false end
local claim = string.format('%d ', redis.call('INCR', KEYS[3])) .. best.id
redis.call('SET', KEYS[2], claim, 'PX', ARGV[3])
redis.call('INCR', placed .. best.id)
redis.call('PEXPIRE', placed .. best.id, ARGV[4])
return claim
"""
)


async def place(redis: Any, room: str, *, newcomer: bool, dead: Iterable[str]) -> str | None:
    """The claim of the worker that holds ``room``, as text; otherwise another one gets it.

    A worker that drains gives its rooms away as soon as another one can take them. ``CROWDED``: a
    newcomer has no place, because all workers are busy. None: there is no worker.
    """
    keys = [wire.WORKERS_KEY, wire.room_key(room), wire.FENCE_KEY]
    return await _run(redis, _PLACE, keys, ROOM_TTL_MS, PLACED_TTL_MS, int(newcomer), *dead)


async def least_loaded(redis: Any) -> str | None:
    """The report of the worker that would get the next room; see ``wire.worker_key``."""
    return await _run(redis, _LEAST, [wire.WORKERS_KEY])


async def _run(redis: Any, script: str, keys: list[str], *args: str | int) -> str | None:
    prefixes = (wire.worker_key(""), wire.placed_key(""))
    value = await redis.eval(script, len(keys), *keys, *prefixes, *args)
    return value.decode() if isinstance(value, bytes) else value
