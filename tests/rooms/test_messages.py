from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.consumers import messages
from rooms.consumers.call import CallConsumer
from rooms.consumers.limits import TokenBucket
from sfu_worker import wire


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"type": "join", "pass": "p", "name": "Ann", "resume": None},
            messages.Join("p", "Ann", None),
        ),
        (
            {"type": "offer", "id": 1, "sdp": "v=0", "tracks": {"0": "camera"}},
            messages.Offer(1, "v=0", {"0": "camera"}),
        ),
        (
            {
                "type": "slots",
                "slots": [
                    {"mid": "4", "track": None},
                    {"mid": "5", "track": "p:camera", "height": 90, "priority": 1},
                ],
            },
            messages.Slots([wire.SlotRequest("4", None), wire.SlotRequest("5", "p:camera", 90, 1)]),
        ),
        (
            {"type": "slots", "slots": [{"mid": "6", "track": None, "voices": True}]},
            messages.Slots([wire.SlotRequest("6", None, voices=True)]),
        ),
        (
            {"type": "mute", "source": "microphone", "muted": True},
            messages.Mute("microphone", True),
        ),
        ({"type": "hand", "raised": True}, messages.Hand(True)),
        ({"type": "snapshot"}, messages.Snapshot()),
        ({"type": "chat", "nonce": "a-B_1", "text": "hi"}, messages.Chat("a-B_1", "hi")),
        (
            {"type": "chat", "nonce": "n", "text": "hi", "reply_to": 7},
            messages.Chat("n", "hi", 7),
        ),
        ({"type": "chat_since", "number": 3}, messages.ChatSince(3)),
        ({"type": "chat_since", "number": 3, "change": 1}, messages.ChatSince(3, 1)),
        ({"type": "chat_edit", "number": 3, "text": "ho"}, messages.ChatEdit(3, "ho")),
        ({"type": "chat_delete", "number": 3}, messages.ChatDelete(3)),
        ({"type": "renew"}, messages.Renew()),
        ({"type": "remove", "participant": "p2"}, messages.Remove("p2")),
        ({"type": "leave"}, messages.Leave()),
    ],
)
def test_every_message_of_the_protocol_is_understood(
    body: dict[str, Any], message: messages.Message
) -> None:
    assert messages.decode(json.dumps(body)) == message


def test_every_message_has_a_handler() -> None:
    assert set(CallConsumer._handlers) == set(messages.NAMES)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[]", id="no object"),
        pytest.param("null", id="null"),
        pytest.param("{}", id="no type"),
        pytest.param('{"type": 1}', id="a type that is no text"),
        pytest.param('{"type": ["join"]}', id="a type that is a list"),
        pytest.param('{"type": "explode"}', id="an unknown type"),
        pytest.param('{"type": "join_room"}', id="a command of the worker"),
        pytest.param('{"type": "removed", "why": "removed"}', id="an event of the worker"),
        pytest.param('{"type": "leave", "room": "attic"}', id="an unknown field"),
        pytest.param('{"type": "snapshot", "participant": "p"}', id="whoever says who it is"),
        pytest.param('{"type": "remove"}', id="nobody to remove"),
        pytest.param('{"type": "remove", "participant": 7}', id="a number for somebody"),
        pytest.param('{"type": "join", "pass_": "p"}', id="our name for the pass"),
        pytest.param('{"type": "join", "pass": null}', id="a pass that is none"),
        pytest.param('{"type": "join", "pass": "p", "socket": -1}', id="a negative socket"),
        pytest.param(f'{{"type": "join", "pass": "p", "socket": {2**70}}}', id="a huge socket"),
        pytest.param('{"type": "offer", "id": true, "sdp": "v=0"}', id="a truth for a number"),
        pytest.param('{"type": "offer", "id": 1.0, "sdp": "v=0"}', id="a fraction"),
        pytest.param('{"type": "offer", "id": 4294967296, "sdp": "v=0"}', id="a large number"),
        pytest.param('{"type": "chat_since", "number": 1e400}', id="infinity"),
        pytest.param('{"type": "chat_since", "number": NaN}', id="not a number"),
        pytest.param(
            '{"type": "chat_since", "number": ' + "9" * 5000 + "}",
            id="a number beyond Python's limit",
        ),
        pytest.param(
            '{"type": "offer", "id": 1, "sdp": "v=0", "muted": ["camera2"]}',
            id="an unknown source that is muted",
        ),
        pytest.param(
            '{"type": "offer", "id": 1, "sdp": "v=0", "tracks": {"0": "camera2"}}',
            id="an unknown source",
        ),
        pytest.param(
            '{"type": "mute", "source": "tuba", "muted": true}', id="an unknown instrument"
        ),
        pytest.param('{"type": "chat", "nonce": "", "text": "hi"}', id="no nonce"),
        pytest.param(
            '{"type": "chat", "nonce": "' + "n" * 41 + '", "text": "hi"}', id="a long nonce"
        ),
        pytest.param('{"type": "remove", "participant": "\\ud800"}', id="half a character"),
        pytest.param('{"type": "slots", "slots": {}}', id="an object for a list"),
        pytest.param('{"type": "slots", "slots": [1]}', id="a slot that is none"),
        pytest.param(
            '{"type": "slots", "slots": [{"mid": "4", "track": null, "voices": 1}]}',
            id="a number for a truth",
        ),
        pytest.param(
            '{"type": "slots", "slots": [{"mid": "4", "track": "p:microphone", "voices": true}]}',
            id="a chosen voice",
        ),
        pytest.param(
            json.dumps(
                {"type": "slots", "slots": [{"mid": str(n), "track": None} for n in range(501)]}
            ),
            id="too many slots",
        ),
        pytest.param("[" * 70_000, id="nested without end"),
        pytest.param('{"type": "leave", "x": ' + "[" * 30 + "]" * 30 + "}", id="nested deep"),
        pytest.param(
            '{"type": "offer", "id": 1, "sdp": "' + "é" * (wire.MAX_SDP_BYTES // 2 + 1) + '"}',
            id="a long sdp",
        ),
    ],
)
def test_everything_else_raises_one_error(text: str) -> None:
    with pytest.raises(messages.MessageError):
        messages.decode(text)


def test_half_a_character_in_what_people_type_is_dropped() -> None:
    chat = messages.decode('{"type": "chat", "nonce": "n", "text": "a\\ud83db\\ud83d\\udc4b"}')
    assert chat == messages.Chat("n", "ab👋")
    join = messages.decode('{"type": "join", "pass": "p", "name": "Ann\\udc4b"}')
    assert join == messages.Join("p", "Ann")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(messages.MESSAGES)),
    st.dictionaries(st.sampled_from(["pass", "name", "slots", "sdp", "id", "text"]), values),
)
def test_any_bad_message_raises_our_own_error(kind: str, fields: dict[str, Any]) -> None:
    try:
        messages.decode(json.dumps({"type": kind, **fields}))
    except messages.MessageError:
        pass


def test_a_bucket_lets_a_burst_through_and_then_the_rate() -> None:
    bucket = TokenBucket(rate=10, burst=3)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(0.1)
    assert not bucket.take(0.15)
    assert [bucket.take(60.0) for _ in range(4)] == [True, True, True, False]
