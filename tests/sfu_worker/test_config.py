"""The worker's settings."""

from __future__ import annotations

import pytest

from sfu_worker.config import Config, ConfigError, is_life_of, life_of


def test_each_life_has_a_name_of_its_own_that_begins_with_its_place() -> None:
    first, second = (
        Config.from_environment({"SFU_PORT": "40001"}),
        Config.from_environment({"SFU_PORT": "40001"}),
    )
    assert first.worker != second.worker
    assert first.place == second.place
    assert first.worker.startswith(first.place)
    assert first.place.endswith("-40001-")


def test_a_name_that_was_chosen_is_that_of_the_place_too() -> None:
    config = Config.from_environment({"SFU_WORKER": "cellar"})
    assert config.worker == "cellar"
    assert config.place == "cellar-"
    watched = Config.from_environment({"SFU_WORKER": "cellar"}, "cellar-0a1b2c")
    assert watched.worker == "cellar-0a1b2c"
    assert watched.place == "cellar-"


def test_lives_of_a_place_are_told_from_those_of_others() -> None:
    assert is_life_of(life_of("cellar-"), "cellar-")
    assert not is_life_of(life_of("cellar-2-"), "cellar-")
    assert not is_life_of("cellar-2", "cellar-")


@pytest.mark.parametrize(
    "url",
    ["http://:secret@127.0.0.1", "redis://:secret/word@127.0.0.1:6379", "secret", "redis://a:0"],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError, match="REDIS_URL") as refused:
        Config.from_environment({"REDIS_URL": url})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["redis://h", "rediss://user:a%2Fb@h:1/0?ssl_cert_reqs=none", "unix:///run/v.sock?db=1"]
)
def test_every_form_of_a_redis_address_is_taken(url: str) -> None:
    assert Config.from_environment({"REDIS_URL": url}).redis_url == url


def test_how_long_a_drain_may_take_can_be_said() -> None:
    assert Config.from_environment({}).drain_seconds == 30
    assert Config.from_environment({"SFU_DRAIN_SECONDS": "5"}).drain_seconds == 5


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
        ("SFU_WORKER", "the cellar"),
        ("SFU_DRAIN_SECONDS", "soon"),
        ("SFU_DRAIN_SECONDS", "-1"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Config.from_environment({name: value})
