"""What the keeper logs while Redis or the database is away."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest

from rooms.management.commands.keeper import Keeper, loop


def test_an_outage_is_logged_once_and_so_is_its_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    monkeypatch.setattr("rooms.management.commands.keeper.RETRY_SECONDS", 0)
    caplog.set_level("INFO", "rooms.keeper")
    gone = OSError("gone")
    results = [gone, gone, None, None, gone, None]

    class Stumbling(Keeper):
        def step(self, now: datetime, at: float) -> None:
            result = results.pop(0)
            if result is not None:
                raise result
            if not results:
                stop.set()

    loop(Stumbling(None), stop)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING", "INFO"]
