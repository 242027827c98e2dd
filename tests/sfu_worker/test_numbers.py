"""Numbers for operators: sums, differences, shares, and how they stand in Redis."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import sfu_worker
from sfu_worker.numbers import (
    Counts,
    Datagrams,
    Links,
    RoomNumbers,
    WorkerNumbers,
    added,
    decode,
    encode,
    grown,
    share,
)

ROOM = RoomNumbers("e", people=3, streams=1, viewers=2, audio_tracks=2, video_tracks=1, paused=0)
WORKER = WorkerNumbers("w", "0.1.0", 60.0, 1 << 20, 0.01, 0.001, ["garden"])


def test_what_has_grown_is_the_difference_field_by_field() -> None:
    before, now = Counts(packets_in=10, plis_out=2), Counts(packets_in=25, octets_in=7, plis_out=2)
    assert grown(now, before) == Counts(packets_in=15, octets_in=7)
    assert added([now, before], Counts(packets_in=1)) == Counts(
        packets_in=36, octets_in=7, plis_out=4
    )


def test_a_count_that_began_anew_is_not_negative() -> None:
    assert grown(Datagrams(received=5, sent=9), Datagrams(received=8, sent=4)) == Datagrams(
        received=5, sent=5
    )


def test_rates_are_by_the_time_that_has_really_passed() -> None:
    numbers = replace(
        ROOM,
        last=Counts(
            packets_in=80,
            octets_in=1000,
            packets_out=38,
            octets_out=500,
            resent_out=2,
            repair_octets_out=500,
        ),
    )
    numbers = replace(numbers, seconds=2.0)
    assert (numbers.packets_in, numbers.bits_in) == (40.0, 4000.0)
    assert (numbers.packets_out, numbers.bits_out) == (20.0, 4000.0)


def test_loss_is_of_all_that_was_sent_before_repair_and_after() -> None:
    numbers = replace(
        ROOM, last=Counts(packets_in=95, lost_in=20, given_up_in=5, packets_out=50, lost_out=1)
    )
    assert (numbers.loss_in, numbers.loss_left, numbers.loss_out) == (0.2, 0.05, 0.02)


def test_shares_of_nothing_are_nothing_and_none_is_more_than_all() -> None:
    assert share(0, 0) == share(5, 0) == 0.0
    assert share(7, 5) == 1.0


def test_the_links_of_receivers_that_say_something_are_summed_up() -> None:
    links = [(900, 0.1, 0.0), (300, 0.02, 0.4), (500, 0.3, 0.1)]
    assert Links.of(links) == Links(300, 500, 0.3, 0.4)
    assert Links.of([]) == Links()


@pytest.mark.parametrize(
    "numbers", [ROOM, replace(ROOM, links=Links.of([(1, 2.0, 3.0)]), total=Counts(1, 2))]
)
def test_numbers_come_back_from_redis_as_they_were(numbers: RoomNumbers) -> None:
    assert decode(RoomNumbers, encode(numbers)) == numbers
    assert decode(WorkerNumbers, encode(WORKER)) == WORKER


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", '{"worker": 5}', encode(WORKER)[:-1] + ', "later": 1}', b"\xff"],
)
def test_what_another_version_wrote_is_not_known_and_breaks_nothing(text: str | bytes) -> None:
    assert decode(WorkerNumbers, text) is None


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads(
        (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    )["project"]
    assert project["version"] == sfu_worker.VERSION
