"""What strangers can make the server write."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

import pytest
from django.test import Client

from confcall.logs import Strangers


@pytest.mark.parametrize("bad", ["host", "length"])
def test_a_bad_request_is_one_line_without_a_traceback(
    db: None, client: Client, caplog: pytest.LogCaptureFixture, bad: str
) -> None:
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            if bad == "host":
                answer = client.get("/", HTTP_HOST="evil.example")
            else:
                body = {"source": "x" * 3_000_000, "target": "y"}
                answer = client.post(
                    "/webmention", urlencode(body), "application/x-www-form-urlencoded"
                )
            assert answer.status_code == 400
    strangers = Strangers()
    records = [record for record in caplog.records if record.exc_info]
    assert records
    assert [strangers.filter(record) for record in records] == [True] + [False] * (len(records) - 1)
    assert all(record.exc_info is None for record in records[:1])


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed", (), None)
    error = RuntimeError("a mistake")
    record.exc_info = (RuntimeError, error, None)
    assert Strangers().filter(record)
    assert record.exc_info is not None
