from __future__ import annotations

from sfu_worker.control.drain import NOWHERE_SECONDS, Drain


def test_a_drain_gives_up_when_no_other_worker_has_been_there_for_a_while() -> None:
    drain = Drain()
    drain.note(False, 10.0)
    assert not drain.nowhere(10.0 + NOWHERE_SECONDS)
    assert drain.nowhere(10.5 + NOWHERE_SECONDS)
    assert not drain.others


def test_a_worker_that_comes_and_a_redis_that_is_silent_begin_the_wait_anew() -> None:
    for seen in (True, None):
        drain = Drain()
        drain.note(False, 0.0)
        drain.note(seen, 5.0)
        assert (drain.nowhere(60.0), drain.others) == (False, bool(seen))
        drain.note(False, 60.0)
        assert not drain.nowhere(61.0)
