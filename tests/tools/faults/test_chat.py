"""The chat of a client that counts what is lost."""

from __future__ import annotations

from typing import Any

from tools.faults.chat import ANSWER_WITHIN, Chat


def line(number: int, text: str, nonce: str = "") -> dict[str, Any]:
    return {"number": number, "text": text, "nonce": nonce}


def test_one_line_flies_at_a_time_until_it_is_acknowledged() -> None:
    chat = Chat()
    chat.connected(7, 0.0)
    (first,) = chat.say("one", 0.0)
    assert chat.say("two", 0.0) == []
    assert chat.pending == 2
    (second,) = chat.receive([line(8, "one", first["nonce"])], False, 0.1)
    assert second["text"] == "two"
    assert chat.acknowledged == ["one"]


def test_a_line_without_an_answer_is_sent_again_under_its_nonce() -> None:
    chat = Chat()
    chat.connected(0, 0.0)
    sent = chat.say("one", 0.0)
    assert chat.step(ANSWER_WITHIN / 2) == []
    assert chat.step(ANSWER_WITHIN) == sent
    assert chat.connected(0, 20.0) == sent


def test_a_gap_is_asked_for_and_history_is_not() -> None:
    chat = Chat()
    assert chat.connected(7, 0.0) == []
    assert chat.receive([line(9, "later")], False, 0.0) == [{"type": "chat_since", "number": 7}]
    chat.receive([line(8, "one"), line(9, "later")], False, 0.0)
    assert chat.lines == {8: "one", 9: "later"}
    assert chat.connected(10, 0.0) == [{"type": "chat_since", "number": 9}]


def test_a_number_with_two_texts_is_a_contradiction() -> None:
    chat = Chat()
    chat.connected(0, 0.0)
    chat.receive([line(1, "one")], False, 0.0)
    chat.receive([line(1, "one")], False, 0.0)
    assert chat.contradictions == []
    chat.receive([line(1, "other")], False, 0.0)
    assert chat.contradictions == [1]


def test_a_refused_line_is_told_and_the_next_one_goes() -> None:
    chat = Chat()
    chat.connected(0, 0.0)
    (first,) = chat.say("one", 0.0)
    chat.say("two", 0.0)
    (second,) = chat.refuse(first["nonce"], "bad_message", 0.0)
    assert (second["text"], chat.refused) == ("two", ["one"])
    assert chat.refuse(second["nonce"], "too_fast", 1.0) == []
    assert chat.step(2.0) == [second]
