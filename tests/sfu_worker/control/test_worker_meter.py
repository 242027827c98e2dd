"""What a worker says of itself: how late its timers are, and what its sockets did."""

from __future__ import annotations

import time

import pytest

from sfu_worker.control.worker_meter import Lag, WorkerMeter, resident
from sfu_worker.numbers import Datagrams


def test_lag_is_the_worst_and_the_mean_since_it_was_last_asked_for() -> None:
    lag = Lag()
    for late in (0.0, 0.03, -0.001, 0.01):
        lag.note(late)
    assert lag.take() == (0.03, 0.01)
    assert lag.take() == (0.0, 0.0)


def test_a_worker_counts_what_its_sockets_did_since_the_time_before() -> None:
    meter = WorkerMeter("w")
    since = meter._since
    meter.measure(["garden"], Datagrams(received=100), since + 1)
    numbers = meter.measure(["garden"], Datagrams(received=150, overflowed=6, unsent=2), since + 3)
    assert numbers.last == Datagrams(received=50, overflowed=6, unsent=2)
    assert (numbers.seconds, numbers.dropped, numbers.uptime) == (2.0, 4.0, 3.0)
    assert numbers.memory == pytest.approx(resident(), rel=0.5)
    assert resident() > 5 << 20


def test_a_worker_judges_itself_by_timers_and_sockets_alike() -> None:
    meter, now = WorkerMeter("w"), time.monotonic()
    changes: list[bool] = []
    for _ in range(200):
        now += 0.025
        if meter.tick(0.001, 0.4, lambda: Datagrams(received=5, overflowed=0), now):
            changes.append(meter.load.busy)
    numbers = meter.measure([], Datagrams(), now)
    assert changes == [True]
    assert (numbers.wait_max, numbers.late, numbers.lag_max) == (0.4, 1.0, 0.001)
    assert 0 <= numbers.cpu <= 1
    assert meter.measure([], Datagrams(), now).wait_max == 0
