"""A call that moves to another worker, as people at a browser see and hear it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import Person, see_and_hear_each_other, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e

# Seconds without a new picture or sound of somebody, beyond what a busy machine does to them
# without any move.
LONGEST_GAP = 1.0

# Notes when the tile of a person shows a new picture, or a black one, and when sound arrives.
WATCH = """
(name) => {
  const tile = document.querySelector(`[role=group][aria-label="${name}"] .tile:not(.screen)`);
  const [video, audio] = [tile.querySelector('video'), tile.querySelector('audio')];
  const context = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
  const seen = window.seen = { video: [performance.now()], audio: [performance.now()], black: 0 };
  const shown = (now) => {
    seen.video.push(now);
    video.requestVideoFrameCallback(shown);
  };
  video.requestVideoFrameCallback(shown);
  const painted = () => {
    context.clearRect(0, 0, 8, 8);
    context.drawImage(video, 0, 0, 8, 8);
    if (!context.getImageData(0, 0, 8, 8).data.some((value, i) => i % 4 < 3 && value > 0)) {
      seen.black += 1;
    }
    requestAnimationFrame(painted);
  };
  painted();
  let before = '';
  setInterval(async () => {
    const id = audio.srcObject?.getAudioTracks()[0]?.id;
    for (const pc of window.connections) {
      if (pc.connectionState === 'closed') continue;
      for (const entry of (await pc.getStats()).values()) {
        if (entry.type !== 'inbound-rtp' || entry.trackIdentifier !== id) continue;
        const now = `${id} ${entry.packetsReceived}`;
        if (now !== before) seen.audio.push(performance.now());
        before = now;
      }
    }
  }, 50);
}
"""

SEEN = """
() => {
  const longest = (times) => {
    const all = [...times, performance.now()];
    return Math.max(...all.slice(1).map((time, i) => time - all[i])) / 1000;
  };
  const { video, audio, black } = window.seen;
  return { video: longest(video), audio: longest(audio), black, pictures: video.length };
}
"""

HOLDER = """
import redis
from rooms.management.redis_url import redis_url
from sfu_worker import wire
there = redis.Redis.from_url(redis_url(), decode_responses=True)
print(wire.Claim.parse(there.get(wire.room_key({slug!r}))).worker)
"""

CONNECTED = "() => window.connections.filter((pc) => pc.connectionState === 'connected').length"


async def connections(person: Person) -> int:
    """How many connections were made so far."""
    made: int = await person.page.evaluate("window.connections.length")
    return made


async def test_a_call_that_moves_is_seen_and_heard_all_the_time(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "moving")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join()
    await ben.join()
    await see_and_hear_each_other(ann, ben)
    await ann.button("Microphone").click()
    await ann.button("Microphone").click()
    await ben.button("Microphone").click()
    await expect(ann.group("Ben").locator(".is-muted")).to_have_count(1)
    await ann.page.evaluate(WATCH, "Ben")
    await ben.page.evaluate(WATCH, "Ann")
    await asyncio.sleep(4)
    before = {person: await person.page.evaluate(SEEN) for person in (ann, ben)}

    holder = confcall.shell(HOLDER.format(slug="moving"))
    await asyncio.to_thread(confcall.manage, "drain", holder)
    for person in (ann, ben):

        async def moved(person: Person = person) -> bool:
            return await connections(person) > 1 and await person.page.evaluate(CONNECTED) == 1

        await until(moved, 30, f"{person.name} has not moved")
    await asyncio.sleep(2)

    for person, other in ((ann, "Ben"), (ben, "Ann")):
        seen: dict[str, Any] = await person.page.evaluate(SEEN)
        said = json.dumps([before[person], seen])
        for kind in ("video", "audio"):
            assert seen[kind] <= LONGEST_GAP + before[person][kind], said
        assert seen["black"] == 0, said
        assert await connections(person) == 2
        await person.sees(other)
        await expect(person.page.locator("#announcer")).not_to_contain_text("has left")
    # Nobody was unmuted, and mute still works.
    await expect(ann.group("Ben").locator(".is-muted")).to_have_count(1)
    await ben.button("Microphone").click()
    await ann.hears("Ben")
    await ben.hears("Ann")
    assert ann.errors == ben.errors == []
