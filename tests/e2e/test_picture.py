"""The pictures that a page sends and receives: layers, modes, numbers, and what limits them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from sfu_worker import wire
from tests.e2e.people import Person, until
from tests.e2e.rooms import room
from tools.product import Confcall

pytestmark = pytest.mark.e2e


async def test_more_people_than_slots_are_all_seen(browser: Browser, confcall: Confcall) -> None:
    link = room(confcall, "crowd")
    ann = await Person.arrive(browser, link, "Ann")
    await ann.join(devices=False)
    for number in range(4):
        await (await Person.arrive(browser, link, f"Silent {number}")).join(devices=False)
    last = await Person.arrive(browser, link, "Last")
    await last.join()
    await ann.sees("Last")
    await ann.hears("Last")
    assert await ann.page.evaluate("window.connections.length") == 1
    assert ann.errors == []


ENCODINGS = """
() => window.connections.at(-1).getSenders().map((s) => s.getParameters())
  .filter((p) => p.encodings.some((e) => e.rid))
  .flatMap((p) => p.encodings)
  .map((e) => ({ rid: e.rid, active: e.active, top: e.maxBitrate, mode: e.scalabilityMode }))
"""


async def test_layers_that_no_one_watches_stop_and_come_back(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "idle")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join()

    async def active() -> list[str]:
        return [e["rid"] for e in await ann.page.evaluate(ENCODINGS) if e["active"]]

    async def only_the_smallest() -> bool:
        return await active() == ["q"]

    async def more() -> bool:
        return len(await active()) > 1

    await until(only_the_smallest, 30, "large layers are encoded though no one watches them")
    await ben.join(devices=False)
    await ben.sees("Ann")
    await until(more, 10, "the layer that Ben needs did not come back")
    assert {e["mode"] for e in await ann.page.evaluate(ENCODINGS)} == {"L1T3"}


async def test_an_offer_for_many_people_is_not_too_long(
    browser: Browser, confcall: Confcall
) -> None:
    ann = await Person.arrive(browser, room(confcall, "long-offer"), "Ann")
    sizes: list[int] = await ann.page.evaluate(
        """async () => {
          const main = document.querySelector('script[src*="rooms/main"]').src;
          const { Connection } = await import(main.replace(/main[^/]*$/, 'media/connection.js'));
          const sizes = [];
          for (const pairs of [12, 24, 40]) {
            const connection = new Connection({ iceServers: [], publish: true, pairs });
            const offer = await new Promise((told) => {
              connection.on('offer', told);
              void connection.negotiate();
            });
            sizes.push(new TextEncoder().encode(offer.sdp).length);
            connection.close();
          }
          return sizes;
        }"""
    )
    assert sizes[0] < 64 * 1024
    assert sizes[2] < wire.MAX_SDP_BYTES, "the most that room/slots.js asks for"


SENT = """
() => window.connections.at(-1).getSenders()
  .filter((s) => s.track?.kind === 'video')
  .map((s) => ({
    hint: s.track.contentHint,
    preference: s.getParameters().degradationPreference ?? '',
    top: Math.max(...s.getParameters().encodings.map((e) => e.maxBitrate)),
  }))
"""


async def test_motion_raises_the_cap_at_once_and_is_remembered(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "motion")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join()
    await ben.join(devices=False)
    await ben.sees("Ann")
    assert [(sent["hint"], sent["top"]) for sent in await ann.page.evaluate(SENT)] == [
        ("", 2_500_000)
    ]
    await ann.button("More").click()
    await (
        ann.page.get_by_role("group", name="My camera").get_by_role("radio", name="Motion").check()
    )

    async def in_motion() -> bool:
        sent = (await ann.page.evaluate(SENT))[0]
        return (
            sent["hint"] == "motion"
            and sent["top"] == 8_000_000
            and sent["preference"] in ("maintain-framerate", "")
        )

    await until(in_motion, 10, "the camera is not sent in motion mode")
    assert await ann.page.evaluate("window.connections.length") == 1
    await ben.sees("Ann")
    await (
        ann.page.get_by_role("group", name="My shared screen")
        .get_by_role("radio", name="Detail")
        .check()
    )
    await ann.page.keyboard.press("Escape")
    await ann.button("Share screen").click()
    await expect(ann.button("Share screen")).to_have_attribute("aria-pressed", "true")
    assert sorted(sent["hint"] for sent in await ann.page.evaluate(SENT)) == ["motion", "text"]
    await ann.page.reload()
    await ann.join()
    await ann.button("More").click()
    await expect(
        ann.page.get_by_role("group", name="My camera").get_by_role("radio", name="Motion")
    ).to_be_checked()
    assert ann.errors == []


async def test_the_numbers_of_a_picture_can_be_seen_and_closed_by_key(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "numbers")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    await ann.join()
    await ben.join(devices=False)
    await ben.sees("Ann")
    opener = ben.group("Ann").get_by_role("button", name="Statistics")
    await opener.click()
    panel = ben.page.get_by_role("region", name="Statistics: Ann")
    await expect(panel.get_by_role("row", name=re.compile(r"^Video \d+ × \d+$"))).to_be_visible(
        timeout=10_000
    )
    await expect(
        panel.get_by_role("row", name=re.compile(r"^Bitrate [\d.]+ [kM]bit.s$"))
    ).to_be_visible(timeout=10_000)
    await expect(panel.get_by_role("row", name=re.compile("^Codec VP8$"))).to_be_visible()
    await expect(panel.get_by_role("row", name=re.compile("^Layer [qhf]$"))).to_be_visible()
    await ben.page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(opener).to_be_focused()
    await ann.group("Ann").get_by_role("button", name="Statistics").click()
    own = ann.page.get_by_role("region", name="Statistics: Ann (you)")
    await expect(
        own.get_by_role("row", name=re.compile(r"^Bitrate [\d.]+ [kM]bit.s$"))
    ).to_be_visible(timeout=10_000)
    await expect(
        own.get_by_role("row", name=re.compile(r"^Round-trip time \d+ ms$"))
    ).to_be_visible(timeout=15_000)
    assert ann.errors == ben.errors == []


SLOT_HELD = {"type": "slot_paused", "why": "bandwidth"}


async def test_a_picture_that_a_slow_link_cannot_carry_says_so(
    browser: Browser, confcall: Confcall
) -> None:
    link = room(confcall, "slow")
    ann, ben = await Person.arrive(browser, link, "Ann"), await Person.arrive(browser, link, "Ben")
    routes: list[WebSocketRoute] = []
    bound: list[dict[str, Any]] = []

    def keep(route: WebSocketRoute) -> None:
        def hear(said: str | bytes) -> None:
            message = json.loads(said)
            if message["type"] == "slot_bound" and message["track"].endswith(":camera"):
                bound.append(message)
            route.send(said)

        server = route.connect_to_server()
        server.on_message(hear)
        routes.append(route)

    await ben.page.route_web_socket(re.compile("/ws/call/"), keep)
    await ben.page.reload()
    await ann.join()
    await ben.join(devices=False)
    await ben.sees("Ann")
    routes[-1].send(json.dumps(SLOT_HELD | {"mid": bound[-1]["mid"], "track": bound[-1]["track"]}))
    words = ben.group("Ann").get_by_text("too slow for this video")
    await expect(words).to_be_visible()
    routes[-1].send(json.dumps(bound[-1]))
    await expect(words).to_be_hidden()
    await ben.sees("Ann")
