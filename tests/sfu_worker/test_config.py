"""The worker's settings."""

from __future__ import annotations

import pytest

from sfu_worker.config import Config, ConfigError


def test_each_life_has_a_name_of_its_own_that_begins_with_its_place() -> None:
    first, second = (
        Config.from_environment({"SFU_PORT": "40001"}),
        Config.from_environment({"SFU_PORT": "40001"}),
    )
    assert first.worker != second.worker
    assert first.place == second.place
    assert first.worker.startswith(first.place)
    assert first.place.endswith("-40001-")


def test_a_wildcard_is_announced_as_the_machines_addresses_and_the_loopback() -> None:
    config = Config.from_environment({})
    assert config.listen == ("0.0.0.0",)
    assert config.announce[-1] == "127.0.0.1"
    assert "0.0.0.0" not in config.announce


def test_what_is_announced_can_be_said() -> None:
    config = Config.from_environment(
        {"SFU_ANNOUNCE": "192.0.2.7, 2001:db8::7", "SFU_LISTEN": "0.0.0.0 ::"}
    )
    assert config.announce == ("192.0.2.7", "2001:db8::7")
    assert config.listen == ("0.0.0.0", "::")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SFU_PORT", "x"),
        ("SFU_PORT", "70000"),
        ("LOG_LEVEL", "LOUD"),
        ("SFU_LISTEN", "no.such.host.invalid"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Config.from_environment({name: value})
