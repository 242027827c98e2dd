"""What the light client says at which message; no server, no media."""

from __future__ import annotations

from typing import Any

from sfu_worker import sdp
from sfu_worker.light_client import Hub, LightClient


class Script:
    """Signalling that plays messages, then ends."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.sent: list[dict[str, Any]] = []
        self.closed = False

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def receive(self) -> dict[str, Any]:
        if not self.messages:
            raise ConnectionError
        return self.messages.pop(0)

    async def close(self) -> None:
        self.closed = True


def track(participant: str, source: str, kind: str) -> dict[str, Any]:
    return {"id": f"{participant}:{source}", "participant": participant, "kind": kind}


def state(*tracks: dict[str, Any], epoch: str = "e") -> dict[str, Any]:
    return {"type": "room_state", "you": "me", "epoch": epoch, "tracks": list(tracks)}


async def played(*messages: dict[str, Any], pairs: int = 2, voices: int = 0) -> Script:
    script = Script(*messages)
    async with Hub() as hub:
        await LightClient(hub, "Ada", script, pairs=pairs, voices=voices).run()
    assert script.closed
    return script


def wanted(script: Script) -> dict[str, str | None]:
    """The slots that were asked for last, by mid."""
    return {slot["mid"]: slot["track"] for slot in script.sent[-1]["slots"]}


async def test_it_offers_when_it_is_in_and_asks_for_what_is_there() -> None:
    script = await played(state(track("ann", "camera", "video"), track("me", "camera", "video")))
    assert [message["type"] for message in script.sent] == ["offer", "slots"]
    offer = sdp.parse_offer(script.sent[0]["sdp"])
    assert script.sent[0]["tracks"] == {"0": "microphone", "1": "camera"}
    kinds = {media.mid: media.kind for media in offer.media}
    # Not its own track, and the other in a slot that fits.
    assert [(kinds[mid], name) for mid, name in wanted(script).items()] == [("video", "ann:camera")]


async def test_sound_and_picture_of_a_person_go_into_one_pair() -> None:
    bob = track("bob", "camera", "video")
    script = await played(
        state(track("ann", "camera", "video"), bob),
        {"type": "track_published", "track": track("bob", "microphone", "audio")},
    )
    mids = {name: int(mid) for mid, name in wanted(script).items() if name}
    assert mids["bob:camera"] == mids["bob:microphone"] + 1


async def test_a_track_that_ends_leaves_its_slot_to_the_next() -> None:
    script = await played(
        state(track("ann", "camera", "video")),
        {"type": "track_unpublished", "track": "ann:camera"},
        {"type": "track_published", "track": track("bob", "camera", "video")},
        pairs=1,
    )
    assert list(wanted(script).values()) == ["bob:camera"]


async def test_slots_for_voices_are_asked_for_without_a_track() -> None:
    script = await played(state(), voices=2, pairs=0)
    assert [slot["voices"] for slot in script.sent[-1]["slots"]] == [True, True]


async def test_another_epoch_means_another_offer() -> None:
    script = await played(state(), state(), state(epoch="f"), pairs=0)
    assert [message["type"] for message in script.sent] == ["offer", "offer"]


async def test_a_removed_client_stops() -> None:
    script = await played(state(), {"type": "removed"}, state(epoch="f"), pairs=0)
    assert len(script.messages) == 1
