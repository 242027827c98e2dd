from __future__ import annotations

import pytest

from sfu_worker import wire


def test_a_claim_survives_its_text_and_the_later_one_is_greater() -> None:
    claim = wire.Claim(12, "host-1-aa")
    assert str(claim) == "12 host-1-aa"
    assert wire.Claim.parse(str(claim)) == claim
    assert wire.Claim(9, "z") < claim


@pytest.mark.parametrize("text", ["", "12", "12 ", " host", "host-1", "x host", "-1 host"])
def test_anything_else_is_one_error(text: str) -> None:
    with pytest.raises(wire.WireError):
        wire.Claim.parse(text)


def test_a_message_travels_with_its_fence() -> None:
    sealed = wire.seal(wire.CloseRoom("garden"), 7)
    assert sealed["type"] == "sfu_command"
    assert wire.unseal(sealed) == (wire.CloseRoom("garden"), 7)
    assert wire.seal(wire.Removed("left"))["type"] == "sfu_event"


@pytest.mark.parametrize("change", [{"fence": None}, {"fence": True}, {"body": None}])
def test_a_message_without_fence_or_body_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(wire.WireError):
        wire.unseal(wire.seal(wire.CloseRoom("garden"), 7) | change)
    with pytest.raises(wire.WireError):
        wire.unseal("sfu_command")
