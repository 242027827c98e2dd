"""Passes and resume tokens."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from django.test import override_settings

from rooms.entry import passes
from rooms.entry.passes import Pass, Resume
from rooms.roles import Role

PASS = Pass(room=7, role=Role.SPEAKER, invite=3, person="abcDEF-_12345678", name="Ann Example")


@pytest.mark.parametrize(
    "pass_",
    [PASS, replace(PASS, invite=None), replace(PASS, name=""), replace(PASS, invite=None, user=1)],
)
def test_a_pass_is_read_as_it_was_issued(pass_: Pass) -> None:
    assert passes.read(passes.issue(pass_)) == pass_


def test_a_pass_fits_into_a_header_a_cookie_and_a_subprotocol() -> None:
    token = passes.issue(replace(PASS, name="Zoë ✨ " * 10))
    assert re.fullmatch(r"[A-Za-z0-9._-]+", token)
    assert len(token) < passes.MAX_TOKEN


def test_every_changed_character_makes_a_pass_worthless() -> None:
    token = passes.issue(PASS)
    for index, old in enumerate(token[:-1]):
        changed = token[:index] + ("A" if old != "A" else "B") + token[index + 1 :]
        assert passes.read(changed) is None


@pytest.mark.parametrize("junk", ["", ".", "..", "a.b.c", "x" * 5000, "é.é.é", "\x00"])
def test_junk_is_no_pass(junk: str) -> None:
    assert passes.read(junk) is None
    assert passes.read_resume(junk, 7, "ann") is None


def test_a_pass_of_another_key_is_worthless() -> None:
    with override_settings(SECRET_KEY="x" * 50):
        token = passes.issue(PASS)
    assert passes.read(token) is None


def test_a_pass_ends_after_twelve_hours_and_a_renewed_one_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = time.time()
    token = passes.issue(PASS)
    monkeypatch.setattr(time, "time", lambda: start + passes.MAX_AGE.total_seconds() - 60)
    pass_ = passes.read(token)
    assert pass_ is not None
    renewed = passes.issue(pass_)
    monkeypatch.setattr(time, "time", lambda: start + passes.MAX_AGE.total_seconds() + 60)
    assert passes.read(token) is None
    assert passes.read(renewed) == PASS


@pytest.mark.parametrize("hours", [1, -1])
def test_a_page_in_a_call_comes_back_after_the_clock_was_moved_by_an_hour(
    monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    start = time.time()
    token, resume = passes.issue(PASS), passes.issue_resume(7, PASS.person, "seat-1")
    # Pages renew both every five minutes.
    monkeypatch.setattr(time, "time", lambda: start + 300 + hours * 3600)
    assert passes.read(token) == PASS
    assert passes.read_resume(resume, 7, PASS.person) == Resume("seat-1")


def test_a_pass_that_a_wrong_clock_dated_ahead_is_not_good_until_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = time.time()
    monkeypatch.setattr(time, "time", lambda: start + 366 * 86400)
    token, resume = passes.issue(PASS), passes.issue_resume(7, PASS.person, "seat-1")
    monkeypatch.setattr(time, "time", lambda: start)
    assert passes.read(token) is None
    assert passes.read(token, passes.REMEMBERED) is None
    assert passes.read_resume(resume, 7, PASS.person) is None


def test_a_resume_token_counts_in_its_own_room_and_for_its_own_person_alone() -> None:
    token = passes.issue_resume(7, "ann", "seat-1")
    assert passes.read_resume(token, 7, "ann") == Resume("seat-1")
    assert passes.read_resume(token, 8, "ann") is None
    assert passes.read_resume(token, 7, "bob") is None
    assert passes.read(token) is None
    assert passes.read_resume(passes.issue(PASS), 7, PASS.person) is None


def test_a_person_is_one_participant_of_a_room_and_another_one_elsewhere() -> None:
    ids = [passes.participant_of(room, who) for room, who in ((7, "a"), (7, "b"), (8, "a"))]
    assert len({*ids, passes.participant_of(7, "a")}) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)


def test_a_name_is_one_clean_short_line() -> None:
    assert passes.clean_name("  Ann\n\tExample\u202e\x00 ") == "Ann Example"
    assert len(passes.clean_name("x" * 500)) == passes.MAX_NAME
    assert passes.clean_name(" \n ") == ""
