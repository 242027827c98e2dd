"""Reading the environment."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confcall import checks, parsers
from confcall import env as environment
from confcall.env import SETTINGS, Env
from confcall.parsers import BadValue

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str, **values: str) -> subprocess.CompletedProcess[str]:
    """A management command with its own environment."""
    names = {name for setting in SETTINGS for name in (setting, f"{setting}_FILE")}
    env = {k: v for k, v in os.environ.items() if k not in names} | values
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=env,
        text=True,
        capture_output=True,
        timeout=120,
    )


SHOWN = [
    "SITE_URL",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "SITE_ORIGINS",
    "DEBUG",
    "SESSION_COOKIE_SECURE",
    "DATABASES",
]
SHOW = (
    "from django.conf import settings as s; import json; "
    f"print(json.dumps({{name: getattr(s, name) for name in {SHOWN}}}, default=str))"
)


def settings_with(data: Path, **values: str) -> dict[str, Any]:
    """The settings that follow from an environment."""
    done = run("shell", "--no-imports", "-c", SHOW, DATA_DIR=str(data), **values)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_setting_has_a_reason_and_a_number_of_its_own() -> None:
    assert len({setting.number for setting in SETTINGS.values()}) == len(SETTINGS)
    assert all(setting.reason.endswith(".") for setting in SETTINGS.values())


def test_the_operators_page_lists_every_setting() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [name for name in SETTINGS if f"`{name}`" not in text] == []


BAD: list[tuple[str, str, str]] = [
    ("DEBUG", "perhaps", "confcall.E002"),
    ("SITE_URL", "call.example.org", "confcall.E003"),
    ("SITE_URL", "https://call.example.org/sub/", "confcall.E003"),
    ("SITE_URL", "https://user@call.example.org", "confcall.E003"),
    ("SITE_URL", "https://call.example.org:port", "confcall.E003"),
    ("EXTRA_HOSTS", "https://x.example.org", "confcall.E004"),
    ("PORT", "80000", "confcall.E006"),
    ("PORT", "٣", "confcall.E006"),
    ("DATABASE_URL", "nonsense", "confcall.E008"),
    ("DATABASE_URL", "mongodb://user:topsecret@host/x", "confcall.E008"),
    ("REDIS_URL", "http://127.0.0.1", "confcall.E009"),
    ("TRUST_PROXY", "2", "confcall.E010"),
    ("ETHERPAD_URL", "https://pad.example.org; script-src *", "confcall.E011"),
    ("TURN_URLS", "turn.example.org", "confcall.E014"),
    ("STUN_URLS", "turn:turn.example.org", "confcall.E016"),
    ("LANGUAGE_CODE", "English!", "confcall.E017"),
    ("TIME_ZONE", "Mars/Olympus", "confcall.E018"),
    ("TIME_ZONE", "../../etc/passwd", "confcall.E018"),
    ("MAX_UPLOAD_MB", "0", "confcall.E019"),
    ("MAX_IMAGE_MEGAPIXELS", "-1", "confcall.E020"),
    ("LOG_LEVEL", "LOUD", "confcall.E021"),
    ("SFU_WORKERS", "many", "confcall.E022"),
    ("SFU_PORT", "x", "confcall.E023"),
    ("SFU_LISTEN", "1.2.3", "confcall.E024"),
    ("SFU_ANNOUNCE", "not an address", "confcall.E025"),
    ("SFU_DRAIN_SECONDS", "soon", "confcall.E027"),
    ("METRICS_TOKEN", "guess me", "confcall.E026"),
    ("METRICS_TOKEN", "short", "confcall.E026"),
    ("EMAIL_HOST", "mail.example.org:25", "confcall.E031"),
    ("EMAIL_PORT", "smtp", "confcall.E032"),
    ("EMAIL_TLS", "perhaps", "confcall.E033"),
    ("EMAIL_FROM", "Call <call@example.org>", "confcall.E036"),
    ("FETCH_PRIVATE", "http://intranet", "confcall.E028"),
    ("MICROPUB_URL", "example.org/micropub", "confcall.E037"),
    ("SECRET_KEY", "secret", "confcall.E001"),
    ("SECRET_KEY_FILE", "/absent/key", "confcall.E001"),
]


def test_all_bad_values_are_reported_at_once_with_what_to_do(tmp_path: Path) -> None:
    first = {name: value for name, value, _id in reversed(BAD)}
    done = run("check", DATA_DIR=str(tmp_path), **first)
    assert done.returncode == 1
    for name, _value, id_ in BAD:
        assert f"({id_}) {name.removesuffix('_FILE')}" in done.stderr, name
    assert done.stderr.count("HINT:") >= len(first)
    assert "topsecret" not in done.stderr


PARSERS: dict[str, Callable[[str], Any]] = {
    "SITE_URL": parsers.parse_site,
    "ETHERPAD_URL": parsers.parse_url,
    "EXTRA_HOSTS": parsers.parse_host,
    "MICROPUB_URL": parsers.parse_endpoint,
    "FETCH_PRIVATE": parsers.parse_host,
    "DEBUG": parsers.parse_flag,
    "TRUST_PROXY": parsers.parse_flag,
    "REDIS_URL": parsers.parse_redis,
    "TIME_ZONE": parsers.parse_time_zone,
    "LANGUAGE_CODE": parsers.parse_language,
    "LOG_LEVEL": parsers.parse_log_level,
    "SFU_LISTEN": parsers.parse_address,
    "SFU_ANNOUNCE": parsers.parse_address,
    "SFU_WORKERS": parsers.parse_workers,
    "SECRET_KEY": parsers.parse_secret_key,
    "METRICS_TOKEN": parsers.parse_token,
    "EMAIL_HOST": parsers.parse_mail_host,
    "EMAIL_TLS": parsers.parse_mail_tls,
    "EMAIL_FROM": parsers.parse_mail_address,
    "TURN_URLS": parsers.parse_ice(("turn", "turns")),
    "STUN_URLS": parsers.parse_ice(("stun", "stuns")),
    "PORT": lambda text: parsers.parse_number(text, 1, 65535),
}


LISTS = ("EXTRA_HOSTS", "FETCH_PRIVATE", "TURN_URLS", "STUN_URLS", "SFU_LISTEN", "SFU_ANNOUNCE")


@pytest.mark.parametrize(("name", "value", "id_"), [row for row in BAD if row[0] in PARSERS])
def test_each_bad_value_is_refused_by_itself(name: str, value: str, id_: str) -> None:
    with pytest.raises(BadValue) as caught:
        PARSERS[name](value)
    assert caught.value.hint
    env = Env({name: value})
    read = env.words if name in LISTS else env.parse
    read(name, PARSERS[name])
    assert [(problem.id, problem.name) for problem in env.problems] == [(id_, name)]


@pytest.mark.parametrize("text", ["1", "true", "YES", "on"])
def test_yes_has_many_spellings(text: str) -> None:
    assert Env({"DEBUG": text}).flag("DEBUG") is True


def test_a_secret_comes_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "turn"
    file.write_text("from the file\n")
    assert Env({"TURN_SECRET_FILE": str(file)}).text("TURN_SECRET") == "from the file"
    both = Env({"TURN_SECRET_FILE": str(file), "TURN_SECRET": "from the variable"})
    assert both.text("TURN_SECRET") == "from the variable"
    assert both.problems[0].id == "confcall.E015"


def test_only_secrets_can_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("9000")
    assert Env({"PORT_FILE": str(file)}).number("PORT", 1, 65535) == 8000


def test_the_defaults_have_no_problem(tmp_path: Path) -> None:
    done = run("check", DATA_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_hosts_and_origins_follow_from_the_site(tmp_path: Path) -> None:
    found = settings_with(
        tmp_path, SITE_URL="https://call.example.org/", EXTRA_HOSTS="b.example.org", TRUST_PROXY="1"
    )
    assert found["SITE_URL"] == "https://call.example.org"
    assert {"call.example.org", "b.example.org"} <= set(found["ALLOWED_HOSTS"])
    assert "*" not in found["ALLOWED_HOSTS"]
    assert (
        found["CSRF_TRUSTED_ORIGINS"]
        == found["SITE_ORIGINS"]
        == ["https://call.example.org", "https://b.example.org"]
    )
    assert found["SESSION_COOKIE_SECURE"] is True


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Call.Example.org:443/", "https://call.example.org"),
        ("http://call.example.org:80", "http://call.example.org"),
        ("http://call.example.org:443", "http://call.example.org:443"),
        ("http://[2001:DB8::1]:8000", "http://[2001:db8::1]:8000"),
    ],
)
def test_the_site_is_written_as_browsers_write_an_origin(text: str, origin: str) -> None:
    assert parsers.parse_site(text) == origin


def test_a_local_site_answers_under_all_its_local_names(tmp_path: Path) -> None:
    found = settings_with(tmp_path, PORT="8123")
    assert found["SITE_URL"] == "http://127.0.0.1:8123"
    assert set(found["SITE_ORIGINS"]) == {
        "http://127.0.0.1:8123",
        "http://localhost:8123",
        "http://[::1]:8123",
    }
    assert found["DEBUG"] is False


def test_sqlite_waits_and_writes_ahead(tmp_path: Path) -> None:
    options = settings_with(tmp_path)["DATABASES"]["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_a_postgres_that_is_gone_is_noticed_and_its_address_may_say_when(tmp_path: Path) -> None:
    url = "postgres://u:p@db:5432/confcall"
    postgres = settings_with(tmp_path, DATABASE_URL=url)["DATABASES"]["default"]
    assert (postgres["HOST"], postgres["NAME"]) == ("db", "confcall")
    assert postgres["OPTIONS"]["connect_timeout"] == 3
    assert postgres["OPTIONS"]["tcp_user_timeout"] == 10_000
    postgres = settings_with(tmp_path, DATABASE_URL=f"{url}?connect_timeout=9")["DATABASES"]
    assert postgres["default"]["OPTIONS"]["connect_timeout"] == 9


def test_check_deploy_is_quiet_for_a_site_behind_tls(tmp_path: Path) -> None:
    site = {"DATA_DIR": str(tmp_path), "SITE_URL": "https://a.example.org", "TRUST_PROXY": "1"}
    done = run("check", "--deploy", "--fail-level", "WARNING", **site)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


FITTING = {
    "HTTPS": True,
    "TRUST_PROXY": True,
    "DEBUG": False,
    "ETHERPAD_URL": "",
    "ETHERPAD_API_KEY": "",
}
FITTING_TURN: dict[str, Any] = {"TURN_URLS": [], "TURN_SECRET": ""}


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({}, []),
        ({"TRUST_PROXY": False}, ["confcall.W101"]),
        ({"HTTPS": False, "TRUST_PROXY": False, "DEBUG": True}, []),
        ({"DEBUG": True}, ["confcall.E102"]),
        ({"ETHERPAD_URL": "https://pad.example.org"}, ["confcall.E103"]),
        ({"ETHERPAD_URL": "http://pad.example.org", "ETHERPAD_API_KEY": "k"}, ["confcall.E104"]),
        ({"ETHERPAD_URL": "https://pad.example.net", "ETHERPAD_API_KEY": "k"}, ["confcall.W110"]),
        ({"TURN_URLS": ["turn:turn.example.org"]}, ["confcall.E105"]),
        ({"TURN_SECRET": "x"}, ["confcall.E105"]),
        ({"TURN_SECRET": "x", "TURN_URLS": ["turn:turn.example.org"]}, []),
        ({"MICROPUB_URL": "https://a.example/?x=micropub"}, ["confcall.E106"]),
        ({"MICROPUB_TOKEN": "x"}, []),
        ({"MICROPUB_URL": "https://a.example/m", "MICROPUB_TOKEN": "x"}, []),
        ({"MICROPUB_URL": "http://a.example/m", "MICROPUB_TOKEN": "x"}, ["confcall.E107"]),
        (
            {
                "MICROPUB_URL": "http://a.example:81/m",
                "MICROPUB_TOKEN": "x",
                "FETCH_PRIVATE": ["a.example:81"],
            },
            [],
        ),
    ],
)
def test_values_that_do_not_fit_together_are_reported(
    settings: Any, values: dict[str, Any], ids: list[str]
) -> None:
    for name, value in {**FITTING, **FITTING_TURN, **values}.items():
        setattr(settings, name, value)
    found = checks.combinations()
    assert [message.id for message in found] == ids
    assert all(message.hint for message in found)


def test_the_secret_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret_key"
    start, keys = threading.Barrier(8), []

    def make() -> None:
        start.wait(10)
        keys.append(environment.kept_secret_key(path))

    threads = [threading.Thread(target=make) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert len(keys[0]) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret_key"]


def test_a_data_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("check", DATA_DIR=str(tmp_path / "file"))
    assert done.returncode == 1
    assert "confcall.E001" in done.stderr
