"""README.md and docs/operations.md print what is true and runs. test_proxies.py has the proxies."""

from __future__ import annotations

import configparser
import itertools
import re
import shlex
import socket
import sqlite3
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from confcall.env import SETTINGS
from rooms.workers import exposition
from sfu_worker.config import DRAIN_SECONDS, Config
from sfu_worker.watchdog.watchdog import END_SECONDS, TELL_SECONDS
from tests.deploy.coturn import coturn
from tests.deploy.parts import program
from tests.deploy.printed import GUIDE, READERS, printed_block, printed_blocks
from tests.deploy.proxies import write_certificate
from tools.product import ROOT, free_port

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SCRIPTS = [block for block in printed_blocks() if block.language == "sh"]
LINES = [line for block in SCRIPTS for line in block.text.splitlines()]
# Proxies are tested in test_proxies.py, the others here.
LANGUAGES = {"sh", "yaml", "ini", "caddyfile", "nginx", "apache"}
# That of the README runs, with those of docs/embedding.md, in tests/e2e/test_embed.py.
ELSEWHERE = {"html"}
CADDYFILE = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
# Beside those of confcall.env; NAME_FILE stands for all of the secrets.
KNOWN = {*SETTINGS, *re.findall(r"\{\$(\w+)", CADDYFILE), "SFU_WORKER", "NAME"}


class Override(yaml.SafeLoader):
    """YAML of Compose, where ``!override`` replaces a list instead of adding to it."""


def replaced_list(loader: Override, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node)


Override.add_constructor("!override", replaced_list)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_every_block_is_of_a_language_that_is_tested() -> None:
    assert {block.language for block in printed_blocks()} == LANGUAGES | ELSEWHERE
    for page in READERS:
        outside = re.sub(r"^ *```.*?^ *```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
        assert not re.search(r"\n\n {4}\S", outside), f"{page.name} prints a block without a fence"


@pytest.mark.parametrize("line", [line for line in LINES if line])
def test_a_printed_command_names_only_what_exists(line: str) -> None:
    words = shlex.split(line.removeprefix("export "), comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        assert words.pop(0).split("=")[0] in SETTINGS
    targets = re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE)
    for before, word in itertools.pairwise(words):
        if before == "make":
            assert word in targets
        if before == "manage.py":
            assert word in get_commands()
        if before == "-m":
            assert (ROOT / word / "__main__.py").exists()
        if word.startswith("deploy/") and "secrets/" not in word:
            assert (ROOT / word).exists()
    if words[:2] == ["docker", "compose"]:
        assert {"up", "run", "exec"} & set(words)
        named = {"web", "postgres"} & set(words)
        assert named <= set(COMPOSE["services"])


def test_commands_and_settings_in_the_text_exist() -> None:
    for page in (*READERS, ROOT / "docs/security.md", ROOT / "docs/performance.md"):
        text = text_of(page)
        commands = re.findall(r"`[^`\n]*manage\.py (\w+)", text)
        assert set(commands) <= set(get_commands()), page.name
        settings = re.findall(r"`([A-Z][A-Z_]+_[A-Z_]+)(?:=[^`]*)?`", text)
        unknown = {name for name in settings if name.removesuffix("_FILE") not in KNOWN}
        assert not unknown, f"{page.name}: {unknown}"


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in (*READERS, *(ROOT / "docs").glob("*.md")):
        for target, anchor in re.findall(r"\]\((?!http)([^)#\s]*)#?([^)\s]*)\)", text_of(page)):
            there = page.parent / target if target else page
            assert there.exists(), f"{page.name}: {target}"
            heads = re.findall(r"^#+ (.+)$", text_of(there), re.MULTILINE) if anchor else []
            slugs = {re.sub(r"[^\w\- ]", "", head).lower().replace(" ", "-") for head in heads}
            assert not anchor or anchor in slugs, f"{page.name}: #{anchor}"


def test_a_second_worker_of_compose_has_a_port_of_its_own() -> None:
    worker = yaml.load(printed_block("yaml", "worker2"), Override)["services"]["worker2"]
    assert worker["extends"] == {"file": "compose.yaml", "service": "worker"}
    port = int(worker["environment"]["SFU_PORT"])
    assert set(worker["ports"]) == {f"{port}:{port}/udp", f"{port}:{port}/tcp"}
    assert set(worker["environment"]) <= set(COMPOSE["services"]["worker"]["environment"])
    assert "SFU_PORT" in str(COMPOSE["services"]["worker"]["healthcheck"])


def test_valkey_is_opened_to_one_private_address() -> None:
    valkey = yaml.safe_load(printed_block("yaml", "valkey"))["services"]["valkey"]
    # A network without a way out publishes no port.
    (network,) = valkey["networks"]
    assert not (COMPOSE["networks"][network] or {}).get("internal")
    (port,) = valkey["ports"]
    assert port == "10.0.0.1:6379:6379"
    script = next(block.text for block in SCRIPTS if "sfu_worker" in block.text)
    words = shlex.split(script)
    given = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    config = Config.from_environment(given)
    assert config.redis_url == f"redis://:PASSWORD@{port.removesuffix(':6379')}/0"
    assert config.announce == ("203.0.113.8",)


def test_the_relay_speaks_tls_with_what_is_printed(tmp_path: Path) -> None:
    write_certificate(tmp_path)
    port = free_port()
    lines = printed_block("ini", "tls-listening-port").replace("=5349", f"={port}")
    volumes = yaml.safe_load(printed_block("yaml", "coturn"))["services"]["coturn"]["volumes"]
    for volume in volumes:
        inside = volume.split(":")[1]
        assert inside in lines
        lines = lines.replace(inside, f"{tmp_path}/{Path(inside).name}")
    shipped = text_of(ROOT / "deploy/turnserver.conf")
    assert "\nno-tls\n" in shipped
    conf = tmp_path / "confcall.conf"
    conf.write_text(shipped.replace("\nno-tls\n", "\n") + lines)
    context = ssl._create_unverified_context()
    with (
        coturn(tmp_path, conf=conf),
        socket.create_connection(("127.0.0.1", port), 30) as plain,
        context.wrap_socket(plain) as secure,
    ):
        assert secure.version() in ("TLSv1.2", "TLSv1.3")


def test_the_service_runs_the_checkout_and_ends_in_order() -> None:
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment]
    unit.read_string(printed_block("ini", "ExecStart=/usr/bin/make run"))
    service = unit["Service"]
    assert service["KillMode"] == "mixed"
    assert service["User"] != "root"
    assert unit["Install"]["WantedBy"] == "multi-user.target"


def test_the_service_of_a_worker_gives_people_the_time_to_move() -> None:
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment]
    unit.read_string(printed_block("ini", "-m sfu_worker"))
    service = unit["Service"]
    assert service["KillMode"] == "mixed"
    assert service["User"] != "root"
    assert int(service["TimeoutStopSec"]) > DRAIN_SECONDS + END_SECONDS + TELL_SECONDS
    assert unit["Install"]["WantedBy"] == "multi-user.target"


def test_the_backup_of_a_running_database_is_whole(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "media").mkdir(parents=True)
    (data / "secret_key").write_text("key")
    script = next(block.text for block in SCRIPTS if "sqlite3" in block.text)
    with sqlite3.connect(data / "db.sqlite3") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE rooms (title)")
        database.execute("INSERT INTO rooms VALUES ('Garden')")
        database.commit()
        # The latest writes are still beside the file.
        assert (data / "db.sqlite3-wal").stat().st_size
        program("sqlite3")
        subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, check=True)
    with sqlite3.connect(tmp_path / "backup.sqlite3") as backup:
        assert backup.execute("SELECT title FROM rooms").fetchall() == [("Garden",)]
    packed = subprocess.check_output(["tar", "-tzf", tmp_path / "backup-files.tar.gz"], text=True)
    assert packed.split() == ["data/media/", "data/secret_key"]


def test_prometheus_is_told_where_the_numbers_are_and_what_they_are_called() -> None:
    (job,) = yaml.safe_load(printed_block("yaml", "scrape_configs"))["scrape_configs"]
    assert (job["scheme"], job.get("metrics_path", "/metrics")) == ("https", "/metrics")
    # Its type is Bearer unless another is named.
    assert set(job["authorization"]) == {"credentials_file"}
    section = text_of(GUIDE).split("### Prometheus")[1]
    named = set(re.findall(r"\bconfcall_(?!token)\w+", section))
    assert len(named) >= 4
    gauges = [*exposition.WORKERS, *exposition.WORKER_NUMBERS]
    known = {"confcall_workers", *(f"confcall_worker_{name}" for name, _, _ in gauges)}
    known |= {f"confcall_worker_datagrams_{name}_total" for name in exposition.DATAGRAMS}
    assert named <= known


def test_the_log_lines_that_are_explained_are_written() -> None:
    table = text_of(GUIDE).split("| line | meaning |")[1].split("## ")[0]
    lines = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert len(lines) >= 4
    paths = [path for folder in ("rooms", "sfu_worker") for path in (ROOT / folder).rglob("*.py")]
    # A value that is filled in may be empty.
    source = re.sub(r"%[sdr]", "", "\n".join(map(text_of, paths)))
    for line in lines:
        parts = re.split(r"…|w1|SIGKILL|30 s", line)
        for part in filter(None, (part.strip() for part in parts)):
            assert part in source, line
