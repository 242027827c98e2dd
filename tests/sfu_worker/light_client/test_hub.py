"""The timers that light clients share."""

from __future__ import annotations

import logging

import pytest

from sfu_worker.light_client.hub import Hub
from tests.sfu_worker.edge import until


class Counting:
    """A link and a pacer that counts its calls, and fails if it is told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.times: list[float] = []
        self.fails = fails

    def tick(self, now: float) -> None:
        self.times.append(now)
        if self.fails:
            raise ZeroDivisionError


async def test_links_and_pacers_are_called_with_rising_times_until_the_end() -> None:
    link, pacer = Counting(), Counting()
    async with Hub() as hub:
        hub.links.add(link)
        hub.pacers.append(pacer.tick)
        await until(lambda: len(link.times) >= 2 and len(pacer.times) >= 2)
    assert link.times == sorted(link.times)
    assert pacer.times == sorted(pacer.times)
    assert all(timer.done() for timer in hub._timers)


async def test_a_timer_goes_on_after_an_error_which_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = Counting(fails=True)
    async with Hub() as hub:
        hub.pacers.append(broken.tick)
        await until(lambda: len(broken.times) >= 3)
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1


async def test_a_link_may_leave_while_it_is_called(caplog: pytest.LogCaptureFixture) -> None:
    async with Hub() as hub:

        class Leaving(Counting):
            def tick(self, now: float) -> None:
                super().tick(now)
                hub.links.discard(self)

        leaving, staying = Leaving(), Counting()
        hub.links |= {leaving, staying}
        await until(lambda: len(staying.times) >= 2)
    assert len(leaving.times) == 1
    assert caplog.records == []
