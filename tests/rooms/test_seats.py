"""When a seat must enter again, and which workers count as dead: rules without Redis or a clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rooms.workers.pulse import Live, Report
from rooms.workers.seats import Seat, View, due
from sfu_worker import wire

A, B = wire.Claim(50, "a"), wire.Claim(51, "b")
BOTH = {"a": Report(1), "b": Report(1)}
HERE = View(100.0, "era", {"r": A}, BOTH)


def seated(claim: wire.Claim = A, now: float = 90.0) -> Seat:
    seat = Seat("channel", "r", "p", "seat")
    seat.ask(claim, "era", now)
    assert seat.confirm(claim.fence, f"e-{claim.worker}", 0, now)
    return seat


def test_a_confirmed_seat_at_the_holder_need_not_enter() -> None:
    assert due(seated(), HERE, 100.1) is None


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        (replace(HERE, era="another"), "era"),
        (replace(HERE, claims={}), "free"),
        (replace(HERE, workers={"b": Report(1)}), "dead"),
        (replace(HERE, claims={"r": B}), "moved"),
        (replace(HERE, claims={"r": wire.Claim(51, "a")}), "moved"),
        (replace(HERE, workers={"a": Report(1, draining=True), "b": Report(1)}), "draining"),
    ],
)
def test_a_seat_enters_again_when_redis_differs_from_what_was_confirmed(
    view: View, reason: str
) -> None:
    assert due(seated(), view, 100.1) == reason


@pytest.mark.parametrize("other", [Report(1, draining=True), Report(1, busy=True)])
def test_nobody_leaves_a_draining_worker_before_another_can_take_them(other: Report) -> None:
    view = replace(HERE, workers={"a": Report(1, draining=True), "b": other})
    assert due(seated(), view, 100.1) is None


def test_a_join_without_an_answer_is_sent_again_after_a_moment() -> None:
    seat = Seat("channel", "r", "p", "seat")
    assert due(seat, HERE, 100.1) == "era"
    seat.ask(A, "era", 99.0)
    assert due(seat, HERE, 100.1) is None
    assert due(seat, HERE, 101.0) == "unconfirmed"
    assert seat.confirm(50, "e", 0, 101.0)
    assert due(seat, replace(HERE, began=101.5), 101.6) is None


def test_a_late_worker_is_asked_less_and_less_often() -> None:
    seat = Seat("channel", "r", "p", "seat")
    now, pauses = 100.0, []
    for _ in range(5):
        seat.ask(A, "era", now)
        asked = now
        while due(seat, replace(HERE, began=now), now) is None:
            now += 0.5
        pauses.append(now - asked)
    assert pauses == [2, 4, 8, 8, 8]
    assert seat.confirm(50, "e", 0, now)
    seat.ask(A, "era", now)
    assert due(seat, replace(HERE, began=now + 2), now + 2) == "unconfirmed"
    # Another worker may be quicker.
    seat.ask(B, "era", now)
    assert seat.patience == 2


def test_a_seat_that_lost_its_worker_joins_again_when_the_same_worker_is_back() -> None:
    seat = seated()
    assert due(seat, replace(HERE, workers={}), 100.1) == "dead"
    seat.doubt()
    assert due(seat, HERE, 101.1) == "unconfirmed"


def test_a_seat_that_the_holder_does_not_list_for_a_while_enters_again() -> None:
    seat = seated()
    for at, listed in ((100.0, {}), (102.0, {"p": "another tab"}), (103.5, {"p": "another tab"})):
        view = replace(HERE, began=at, lives={"r": Live(50, "e-a", listed)})
        seat.see(view)
        assert due(seat, view, at) == ("unlisted" if at == 103.5 else None)
    seat.see(replace(view, lives={"r": Live(50, "e-a", {"p": "channel"})}))
    assert due(seat, view, 103.5) is None


def test_a_report_of_another_holder_or_none_says_nothing_about_a_seat() -> None:
    seat = seated()
    for at, lives in ((100.0, {"r": Live(49, "e-z", {})}), (104.0, {}), (108.0, {})):
        view = replace(HERE, began=at, lives=lives)
        seat.see(view)
        assert due(seat, view, at) is None


def test_a_look_that_began_before_the_seat_changed_says_nothing() -> None:
    seat = seated(now=100.0)
    assert due(seat, replace(HERE, claims={"r": B}), 102.0) is None
    assert due(seat, replace(HERE, claims={"r": B}, began=100.1), 102.0) == "moved"


def test_a_missing_claim_waits_for_its_holder_while_redis_has_just_come_back() -> None:
    view = replace(HERE, claims={}, era="another", quiet=True)
    assert due(seated(), view, 100.1) is None
    assert due(seated(), replace(view, workers={"b": Report(1)}), 100.1) == "free"
    assert due(seated(), replace(view, claims={"r": A}), 100.1) == "era"


# What a seat hears


def test_only_the_asked_holder_or_a_later_one_confirms() -> None:
    seat = seated()
    seat.ask(B, "era", 100.0)
    assert not seat.confirm(50, "e-a", 0, 100.5)
    assert not seat.sure
    assert seat.confirm(52, "e-b", 0, 101.0)
    assert seat.sure
    assert seat.confirmed == wire.Claim(52, "b")


def test_the_previous_holder_is_heard_until_the_new_one_confirms() -> None:
    seat = Seat("channel", "r", "p", "seat")
    assert not seat.hears(50, "e-a")
    seat.ask(A, "era", 90.0)
    assert not seat.hears(50, "e-a")
    seat.confirm(50, "e-a", 0, 91.0)
    assert seat.hears(50, "e-a")
    assert seat.hears(50, None)
    seat.ask(B, "era", 100.0)
    assert seat.hears(50, "e-a")
    assert seat.hears(50, None)
    assert not seat.hears(51, "e-b")
    seat.confirm(51, "e-b", 0, 101.0)
    assert seat.hears(51, "e-b")
    assert seat.hears(51, None)
    assert seat.hears(0, None)
    assert not seat.hears(50, "e-a")
    assert not seat.hears(50, None)


def test_events_pass_when_the_same_room_got_a_higher_fence() -> None:
    assert seated().hears(60, "e-a")


# Which workers live


def test_a_seat_whose_last_event_was_lost_asks_for_everything() -> None:
    seat = seated()
    seat.heard(4)
    for at in (100.0, 101.0):
        seat.see(replace(HERE, began=at, lives={"r": Live(50, "e-a", {"p": "channel"}, n=5)}))
    view = replace(HERE, began=101.5)
    assert due(seat, view, 101.9) is None
    assert due(seat, view, 102.1) == "behind"
    seat.heard(5)
    assert due(seat, view, 102.1) is None


def test_a_room_state_from_before_later_events_comes_late() -> None:
    seat = seated()
    seat.heard(4)
    assert seat.knows_more("e-a", 3)
    assert not seat.knows_more("e-a", 4)
    assert not seat.knows_more("e-b", 0)


def test_a_busy_room_is_no_reason_to_ask_for_everything() -> None:
    seat = seated()
    for second in range(10):
        at = 100.0 + second
        seat.see(
            replace(HERE, began=at, lives={"r": Live(50, "e-a", {"p": "channel"}, n=second + 1)})
        )
        assert due(seat, replace(HERE, began=at), at + 0.5) is None
        seat.heard(second + 1)
    # Another life of the room counts anew.
    seat.see(replace(HERE, began=110.0, lives={"r": Live(50, "e-b", {"p": "channel"}, n=99)}))
    assert due(seat, replace(HERE, began=120.0), 120.0) is None
