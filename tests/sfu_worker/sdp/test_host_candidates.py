"""The candidates under which clients reach the worker."""

from __future__ import annotations

from sfu_worker import sdp


def test_a_candidate_is_written_as_browsers_read_it() -> None:
    assert (
        sdp.candidate("192.0.2.1", 5000) == "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host"
    )
    tcp = sdp.candidate("2001:db8::1", 5000, tcp=True)
    assert tcp.endswith("2001:db8::1 5000 typ host tcptype passive")


def test_candidates_prefer_udp_and_the_first_address() -> None:
    lines = sdp.candidates(["192.0.2.1", "192.0.2.2"], 5000)
    assert [line.split()[2] for line in lines] == ["udp", "udp", "tcp", "tcp"]
    assert [line.split()[4] for line in lines] == ["192.0.2.1", "192.0.2.2"] * 2
    priorities = [int(line.split()[3]) for line in lines]
    assert priorities == sorted(priorities, reverse=True)
    assert len({line.split()[0] for line in lines}) == 4
