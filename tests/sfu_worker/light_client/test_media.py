"""One connection of a light client, as far as it needs no server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sfu_worker import sdp
from sfu_worker.light_client.hub import Hub
from sfu_worker.light_client.media import Media
from sfu_worker.light_client.receiving import Receiver
from sfu_worker.light_client.sending import Plan


@pytest.fixture
async def media() -> AsyncIterator[Media]:
    async with Hub() as hub:
        media = Media(hub, "Ada", Plan(), Receiver(), pairs=1, voices=1)
        yield media
        await media.close()


def track(participant: str, source: str, kind: str) -> dict[str, str]:
    return {"id": f"{participant}:{source}", "participant": participant, "kind": kind}


async def test_an_offer_that_is_repeated_changes_nothing_but_its_number(media: Media) -> None:
    first, again = media.offer(1), media.offer(2)
    assert (first["id"], again["id"]) == (1, 2)
    assert first | {"id": 2} == again
    assert {m.mid for m in sdp.parse_offer(first["sdp"]).media} > set(first["tracks"])


async def test_a_track_keeps_its_slot_until_it_ends(media: Media) -> None:
    media.want(track("ann", "camera", "video"))
    media.want(track("ann", "camera", "video"))
    media.want(track("bob", "camera", "video"))
    assert list(media.wanted.values()) == ["ann:camera"]
    media.forget("ann:camera")
    media.want(track("bob", "camera", "video"))
    assert list(media.wanted.values()) == ["bob:camera"]


async def test_slots_for_voices_are_asked_for_without_a_track(media: Media) -> None:
    media.want(track("ann", "microphone", "audio"))
    assert [slot["track"] for slot in media.requests()] == ["ann:microphone", None]


async def test_an_answer_without_an_address_is_an_error(media: Media) -> None:
    answer = media.offer()["sdp"].replace("a=setup:actpass", "a=setup:passive")
    with pytest.raises(ConnectionError):
        await media.accept(answer)


async def test_an_ended_connection_is_not_paced_again(media: Media) -> None:
    await media.close()
    media.pause()
    assert media.link.ended.is_set()
