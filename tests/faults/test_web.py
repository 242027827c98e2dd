"""The web server is killed."""

from __future__ import annotations

import signal

from tests.faults.conftest import Gather, nothing_lost
from tools.faults import processes
from tools.faults.losses import Losses
from tools.faults.site import Site

LISTENERS = 16


async def test_a_killed_web_server_touches_no_connection_and_leaves_no_ghost(
    one: Site, gather: Gather
) -> None:
    company = await gather(one, listeners=LISTENERS)
    await company.mute(company.callers[0], "microphone")
    losses = Losses(company)
    async with company.talking():
        processes.send(signal.SIGKILL, one.web)
        # These close their tabs before it is back.
        for gone in (company.callers[3], company.callers[-1]):
            losses.expected.add(gone.id)
            gone.vanish()
        await nothing_lost(losses, unbroken=True)
