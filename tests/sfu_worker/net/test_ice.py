"""STUN messages, as bytes."""

from __future__ import annotations

import os

from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.net import ice

KEY = b"k" * 32


def request(**attributes: object) -> bytes:
    message = stun.Message(
        stun.Method.BINDING, stun.Class.REQUEST, None, {"USERNAME": "us:them", **attributes}
    )
    message.add_message_integrity(KEY)
    return bytes(message)


def test_a_nomination_is_read_whole() -> None:
    envelope = ice.open_envelope(
        request(**{"PRIORITY": 77, "USE-CANDIDATE": None, "ICE-CONTROLLING": 1})
    )
    assert envelope is not None
    assert (envelope.kind, envelope.username) == (ice.BINDING_REQUEST, b"us:them")
    assert ice.authentic(envelope, KEY)
    assert not ice.authentic(envelope, b"another")
    assert ice.read_request(envelope) == ice.Request(
        envelope.transaction, 77, nominates=True, controlled=False
    )


def test_what_follows_the_integrity_is_not_believed() -> None:
    plain = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, None, {"USERNAME": "us:them"})
    plain.attributes["MESSAGE-INTEGRITY"] = stun.message_integrity(bytes(plain), KEY)
    plain.attributes["USE-CANDIDATE"] = None
    envelope = ice.open_envelope(bytes(plain))
    assert envelope is not None
    assert ice.authentic(envelope, KEY)
    parsed = ice.read_request(envelope)
    assert parsed is not None
    assert not parsed.nominates


def test_the_answer_says_where_the_request_came_from() -> None:
    for address in (("192.0.2.7", 4711), ("2001:db8::7", 4711)):
        data = ice.respond(
            ice.Request(os.urandom(12), 1, nominates=False, controlled=False, key=KEY), address
        )
        message = stun.parse_message(data)
        assert message.check_message_integrity(KEY)
        assert message.attributes["XOR-MAPPED-ADDRESS"] == address


def test_credentials_are_long_enough_and_never_the_same() -> None:
    made = {ice.new_credentials() for _ in range(100)}
    assert len(made) == 100
    assert all(len(ufrag) >= 4 and len(pwd) >= 22 for ufrag, pwd in made)


@given(
    st.binary(max_size=200)
    | st.builds(
        lambda tail: b"\0\1\0" + bytes([len(tail)]) + b"\x21\x12\xa4\x42" + tail,
        st.binary(max_size=200),
    )
)
def test_any_bytes_are_taken_or_dropped_and_nothing_is_raised(data: bytes) -> None:
    envelope = ice.open_envelope(data)
    if envelope is not None:
        assert not ice.authentic(envelope, KEY)
        ice.read_request(envelope)


@given(st.integers(0, 130), st.integers(0, 255))
def test_no_changed_byte_goes_unnoticed(place: int, value: int) -> None:
    good = request(**{"PRIORITY": 1, "ICE-CONTROLLING": 5})
    # What comes after the integrity is its business no more.
    end = len(good) - 8
    place %= end
    changed = good[:place] + bytes([value]) + good[place + 1 :]
    envelope = ice.open_envelope(changed)
    assert changed == good or envelope is None or not ice.authentic(envelope, KEY)
