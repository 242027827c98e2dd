"""The protocol between web and workers."""

from __future__ import annotations

import dataclasses
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu_worker import wire

EXAMPLES: list[wire.Message] = [
    wire.Join("r", "p", "Ann", "owner", True, "reply", "whep", "x", 5, "key", "seat", False),
    wire.Leave("r", "p", "reply", "seat"),
    wire.Detach("r", "p", "reply"),
    wire.Offer("r", "p", "v=0", {"0": "camera"}, 3),
    wire.PatchIce("r", "p", "a=end-of-candidates", ["*"], "reply"),
    wire.Slots("r", "p", [wire.SlotRequest("4", "a:camera", 360, 1), wire.SlotRequest("5", None)]),
    wire.Mute("r", "p", "camera", True),
    wire.Hand("r", "p", True),
    wire.Snapshot("r", "p"),
    wire.Remove("r", "p"),
    wire.Silence("r", "p", "listener"),
    wire.Hold("r", "p", ["microphone"]),
    wire.CloseRoom("r"),
    wire.Drain(),
    wire.RoomState(
        "r",
        "e",
        4,
        "p",
        [wire.Person("p", "Ann", "owner")],
        [wire.Track("p:camera", "p", "camera", "video")],
        ["p"],
    ),
    wire.Answer("v=0", 3, "user"),
    wire.IcePatched("a=ice-lite", "user"),
    wire.SlotBound("4", "a:camera", "h", "bandwidth"),
    wire.SlotPaused("4", "a:camera", "codec"),
    wire.LayersWanted("camera", ["q", "h"]),
    wire.CodecsCommon(["VP8", "AV1"]),
    wire.Refused("offer", "bad_sdp", "why"),
    wire.Removed("closed"),
    wire.ParticipantChanged("r", "e", 5, wire.Person("p", "Ann", "listener", link="l", photo="/p")),
    wire.ParticipantJoined("r", "e", 5, wire.Person("p", "Ann", "owner", True)),
    wire.ParticipantLeft("r", "e", 6, "p"),
    wire.TrackPublished("r", "e", 7, wire.Track("p:screen", "p", "screen", "video", True, "VP9")),
    wire.TrackMuted("r", "e", 8, "p:screen", False),
    wire.TrackUnpublished("r", "e", 9, "p:screen"),
    wire.SpeakersChanged("r", "e", 10, ["p", "q"]),
]


def test_every_message_has_an_example() -> None:
    assert {type(m) for m in EXAMPLES} == {*wire.COMMANDS.values(), *wire.EVENTS.values()}


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda m: type(m).__name__)
def test_a_message_survives_the_way(message: wire.Message) -> None:
    assert wire.decode(wire.encode(message)) == message


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda m: type(m).__name__)
def test_a_message_with_a_wrong_field_is_refused(message: wire.Message) -> None:
    body = wire.encode(message)
    for field in dataclasses.fields(message):
        wrongs: list[object] = [{"a": 1}, 3.5, [[[]]]]
        for wrong in wrongs:
            with pytest.raises(wire.WireError):
                wire.decode(body | {field.name: wrong})
    with pytest.raises(wire.WireError):
        wire.decode(body | {"more": 1})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_anything_else_is_one_declared_error(value: typing.Any) -> None:
    for body in (value, {"type": value}, {"type": "join", "room": value}):
        with pytest.raises(wire.WireError):
            wire.decode(body)
