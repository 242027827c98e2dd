"""The light client's connectivity checks."""

from __future__ import annotations

from sfu_worker.light_client.checks import (
    CHECK_SECONDS,
    CONSENT_SECONDS,
    TIMEOUT_SECONDS,
    Checks,
)
from sfu_worker.net import ice

PWD = "p" * 24


def answer(request: bytes, pwd: str = PWD) -> bytes:
    """What a lite peer with ``pwd`` answers."""
    envelope = ice.open_envelope(request)
    assert envelope is not None
    read = ice.read_request(envelope, pwd.encode())
    assert read is not None
    return ice.respond(read, ("192.0.2.1", 5000))


def begun(now: float = 100.0) -> Checks:
    checks = Checks(now)
    checks.use("ours", "theirs", PWD)
    return checks


def test_a_check_is_authentic_and_nominates() -> None:
    request = begun().request(100)
    assert request is not None
    envelope = ice.open_envelope(request)
    assert envelope is not None
    assert envelope.username == b"theirs:ours"
    assert ice.authentic(envelope, PWD.encode())
    read = ice.read_request(envelope)
    assert read is not None
    assert read.nominates
    assert not read.controlled


def test_checks_are_sent_quickly_until_one_is_answered() -> None:
    checks = begun()
    first = checks.request(100)
    assert first is not None
    assert checks.request(100 + CHECK_SECONDS / 2) is None
    second = checks.request(100 + CHECK_SECONDS)
    assert second is not None
    assert not checks.answered(answer(first), 100.3)  # no longer the last one
    assert checks.answered(answer(second), 100.3)
    assert checks.request(100.3 + CONSENT_SECONDS - 0.1) is None
    assert checks.request(100.3 + CONSENT_SECONDS) is not None


def test_an_answer_with_another_password_does_not_count() -> None:
    checks = begun()
    request = checks.request(100)
    assert request is not None
    assert not checks.answered(answer(request, "wrong"), 101)
    assert not checks.answered(b"no STUN at all", 101)
    assert not checks.answered(request, 101)
    assert checks.answered_at == 100


def test_a_peer_that_does_not_answer_expires() -> None:
    checks = begun(100)
    assert not checks.expired(100 + TIMEOUT_SECONDS)
    assert checks.expired(100 + TIMEOUT_SECONDS + 0.1)


def test_another_session_is_checked_at_once_with_its_own_credentials() -> None:
    checks = begun()
    assert checks.request(100) is not None
    checks.use("ours2", "theirs2", "q" * 24)
    request = checks.request(100.01)
    assert request is not None
    envelope = ice.open_envelope(request)
    assert envelope is not None
    assert envelope.username == b"theirs2:ours2"
    assert ice.authentic(envelope, b"q" * 24)
