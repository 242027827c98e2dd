"""Gaps of a track, whatever streams and connections carry it."""

from __future__ import annotations

from tools.faults.arrivals import Arrivals


def test_the_longest_silence_counts_and_another_stream_of_the_track_ends_it() -> None:
    arrivals = Arrivals({1: "ann:camera", 2: "ann:camera", 3: "ben:camera"})
    for at in (10.0, 10.5, 12.5):
        arrivals.heard(1, at)
    arrivals.heard(2, 13.0)
    arrivals.heard(3, 13.5)
    arrivals.heard(99, 20.0)
    assert arrivals.gap("ann:camera", 13.0) == 2.0
    assert arrivals.count == {"ann:camera": 4, "ben:camera": 1}


def test_a_silence_that_goes_on_counts_too() -> None:
    arrivals = Arrivals({1: "ann:camera"})
    arrivals.heard(1, 10.0)
    assert arrivals.gap("ann:camera", 17.0) == 7.0
    assert arrivals.gap("nobody", 17.0) == float("inf")


def test_what_was_before_the_fault_does_not_count_but_the_last_packet_does() -> None:
    arrivals = Arrivals({1: "ann:camera"})
    arrivals.heard(1, 10.0)
    arrivals.heard(1, 15.0)
    arrivals.begin()
    assert arrivals.gap("ann:camera", 15.5) == 0.5
    arrivals.heard(1, 17.0)
    assert arrivals.gap("ann:camera", 17.0) == 2.0
