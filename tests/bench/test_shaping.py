"""The model of a bad link, with time as a parameter."""

from __future__ import annotations

import itertools

import pytest

from bench.shaping import OVERHEAD, WANDER_SECONDS, Conditions, Link, Step, conditions_at

# 10,000 bits with its headers.
PACKET = bytes(1250 - OVERHEAD)


def link(**conditions: float) -> Link:
    made = Link(seed=7)
    made.change(Conditions(**conditions), 0.0)
    return made


def send_evenly(made: Link, packets: int, interval: float, begin: float = 0.0) -> dict[int, float]:
    """Push numbered packets, pop every millisecond: times of arrival by number, in order."""
    arrivals: dict[int, float] = {}
    pushed, t, end = 0, begin, begin + packets * interval + 2.0
    while t < end:
        while pushed < packets and begin + pushed * interval <= t:
            made.push(pushed.to_bytes(4, "big") + PACKET[4:], begin + pushed * interval)
            pushed += 1
        for data in made.pop(t):
            arrivals[int.from_bytes(data[:4], "big")] = t
        t += 0.001
    return arrivals


def test_a_clean_link_delivers_at_once() -> None:
    made = link()
    made.push(b"one", 1.0)
    made.push(b"two", 1.0)
    assert made.pop(1.0) == [b"one", b"two"]
    assert made.next_due() is None


def test_a_rate_spaces_packets_by_their_size() -> None:
    made = link(rate=1e6)
    for _ in range(3):
        made.push(PACKET, 0.0)
    assert made.next_due() == pytest.approx(0.01)
    assert made.pop(0.0099) == []
    assert len(made.pop(0.01)) == 1
    assert len(made.pop(0.0301)) == 2


def test_a_full_queue_drops_what_comes_last() -> None:
    made = link(rate=1e6, queue=0.1)
    for i in range(50):
        made.push(i.to_bytes(4, "big") + PACKET[4:], 0.0)
    arrived = [int.from_bytes(data[:4], "big") for data in made.pop(10.0)]
    # Ten packets are 100 ms; one more is let in while the queue is not yet longer than that.
    assert arrived == list(range(11))
    assert made.dropped == 39


def test_the_rate_is_kept_over_time_when_too_much_is_sent() -> None:
    made = link(rate=1e6, queue=0.2)
    arrivals = send_evenly(made, packets=1000, interval=0.002)
    during = [t for t in arrivals.values() if 1.0 <= t < 2.0]
    assert 98 <= len(during) <= 102
    assert max(t - n * 0.002 for n, t in arrivals.items()) <= 0.215


def test_a_queue_leaves_at_the_new_rate_after_a_step() -> None:
    made = link(rate=1e6)
    for _ in range(10):
        made.push(PACKET, 0.0)
    assert len(made.pop(0.05)) == 5
    made.change(Conditions(rate=1e5), 0.05)
    assert made.pop(0.149) == []
    assert len(made.pop(0.1501)) == 1
    made.change(Conditions(), 0.16)
    assert len(made.pop(0.16)) == 4


def test_loss_drops_its_share_and_no_more() -> None:
    made = link(loss=0.15)
    for i in range(4000):
        made.push(PACKET, i * 0.001)
    assert 0.13 < made.lost / 4000 < 0.17
    assert made.passed + made.lost == 4000


def test_a_delay_is_added_to_every_packet() -> None:
    arrivals = send_evenly(link(delay=0.1), packets=50, interval=0.01)
    assert all(t - n * 0.01 == pytest.approx(0.1, abs=0.002) for n, t in arrivals.items())


def test_jitter_wanders_through_its_range_without_reordering() -> None:
    arrivals = send_evenly(link(delay=0.1, jitter=0.03), packets=3000, interval=0.005)
    assert list(arrivals) == sorted(arrivals)
    delays = [t - n * 0.005 for n, t in arrivals.items()]
    assert min(delays) >= 0.069
    assert max(delays) <= 0.132
    assert max(delays) - min(delays) > 0.04
    # It is a walk, not noise: neighbours are alike.
    worst = 0.06 / WANDER_SECONDS * 0.005 + 0.002
    assert all(abs(a - b) <= worst for a, b in itertools.pairwise(delays))


def test_reordering_lets_packets_overtake() -> None:
    arrivals = send_evenly(link(delay=0.1, jitter=0.03, reorder=1.0), packets=500, interval=0.005)
    assert len(arrivals) == 500
    assert list(arrivals) != sorted(arrivals)


def test_the_same_seed_gives_the_same_link() -> None:
    first, second = (
        send_evenly(link(delay=0.1, jitter=0.03, loss=0.1), 300, 0.005) for _ in range(2)
    )
    assert first == second


def test_steps_follow_one_another_and_nothing_is_shaped_before() -> None:
    steps = [Step(1.0, Conditions(rate=1e6)), Step(2.0, Conditions(rate=5e5))]
    assert conditions_at(steps, 0.5) == Conditions()
    assert conditions_at(steps, 1.0).rate == 1e6
    assert conditions_at(steps, 9.0).rate == 5e5


def test_a_rival_shares_the_queue_and_is_not_delivered() -> None:
    made = link(rate=2e6, rival=1e6)
    # Two packets of ours come for one of the rival's, and three for each two that fit.
    arrivals = send_evenly(made, 400, 0.005)
    assert made.passed == len(arrivals) == 400 - made.dropped
    assert sum(at < 2.0 for at in arrivals.values()) == pytest.approx(400 * 2 / 3, rel=0.1)
    assert made.rival_bytes > 0


def test_a_rival_that_has_gone_leaves_the_link_to_us() -> None:
    made = link(rate=2e6, rival=1e6)
    made.change(Conditions(rate=2e6), 1.0)
    assert made.pop(1.1) == []
    before = made.rival_bytes
    assert before * 8 == pytest.approx(1e6, rel=0.02)
    assert len(send_evenly(made, 100, 0.005, begin=1.1)) == 100
    assert made.rival_bytes == before
