"""Setting up, as `make run` and `make test` do before anything else."""

from __future__ import annotations

import gettext
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import bootstrap, node_packages, system_packages

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / script), *arguments]
    return subprocess.run(
        command, env={"PATH": os.environ["PATH"]} | env, capture_output=True, text=True, check=False
    )


def fake_environment(directory: Path) -> Path:
    (directory / "bin").mkdir(parents=True)
    (directory / "bin" / "python").write_text("#!/bin/sh\nexit 9\n")
    return directory


@pytest.mark.parametrize(
    ("asked", "there", "done"),
    [("run", "run", True), ("run", "dev", True), ("dev", "dev", True), ("dev", "run", False)],
)
def test_with_a_stamp_of_the_same_lock_nothing_is_installed(
    tmp_path: Path, asked: str, there: str, done: bool
) -> None:
    directory = fake_environment(tmp_path / "venv")
    assert not bootstrap.installed(directory, asked)
    (directory / f".confcall-{there}").write_text(bootstrap.stamp_text(bootstrap.LOCKS[there]))
    assert bootstrap.installed(directory, asked) is done


def test_another_lock_is_installed(tmp_path: Path) -> None:
    directory = fake_environment(tmp_path / "venv")
    lock = tmp_path / "lock"
    lock.write_text("old")
    (directory / ".confcall-run").write_text(bootstrap.stamp_text(lock))
    assert not bootstrap.installed(directory, "run")


def test_a_broken_environment_is_recognised(tmp_path: Path) -> None:
    python = fake_environment(tmp_path / "venv") / "bin" / "python"
    python.chmod(0o755)
    assert not bootstrap.works(python)
    assert bootstrap.works(Path(sys.executable))


def test_a_changed_catalogue_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    source.write_text('msgid ""\nmsgstr "Language: de\\n"\n\nmsgid "Leave"\nmsgstr "Verlassen"\n')
    monkeypatch.setattr(bootstrap, "LOCALE", tmp_path)
    assert bootstrap.uncompiled() == [source]
    bootstrap.compile_messages(Path(sys.executable))
    assert bootstrap.uncompiled() == []
    assert gettext.translation("django", tmp_path, ["de"]).gettext("Leave") == "Verlassen"


def test_a_broken_catalogue_stops_it_with_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text("msgid Leave\n")
    monkeypatch.setattr(bootstrap, "LOCALE", tmp_path)
    with pytest.raises(bootstrap.Failed, match="could not be compiled"):
        bootstrap.compile_messages(Path(sys.executable))
    assert not list(folder.glob("*.mo"))


def test_a_python_without_venv_says_which_package_brings_it(tmp_path: Path) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError('not packaged')\n")
    done = run("bootstrap.py", "run", VENV=str(tmp_path / "venv"), PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_programs_are_named_with_the_tests_that_need_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(system_packages, "SERVER_FOLDERS", ())
    monkeypatch.delenv("CI", raising=False)
    assert system_packages.main() == 0
    said = capsys.readouterr().err
    for program in system_packages.PROGRAMS:
        assert f"apt-get install {program.package}" in said
        assert program.needed_by in said
    monkeypatch.setenv("CI", "true")
    assert system_packages.main() == 1


@pytest.mark.parametrize(
    ("version", "taken"), [("v18.0.0", True), ("v24.1.0", True), ("v16.20.0", False)]
)
def test_an_old_node_is_passed_over(tmp_path: Path, version: str, taken: bool) -> None:
    for name, says in (("node", version), ("npm", "")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {says}\n")
        (tmp_path / name).chmod(0o755)
    assert node_packages.first_usable([str(tmp_path / "npm")]) == (
        str(tmp_path / "npm") if taken else None
    )
    assert node_packages.first_usable([str(tmp_path / "elsewhere" / "npm")]) is None


def test_the_locks_hold_what_the_project_asks_for() -> None:
    import re
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [
        re.split(r"[\[<>=~!; ]", line)[0].lower() for line in project["project"]["dependencies"]
    ]
    tools = [
        re.split(r"[\[<>=~!; ]", line)[0].lower() for line in project["dependency-groups"]["dev"]
    ]
    for name, lines in (("requirements.lock", asked), ("requirements-dev.lock", asked + tools)):
        text = (ROOT / name).read_text()
        locked = dict(re.findall(r"^([\w-]+)==(\S+)", text, re.MULTILINE))
        assert set(lines) <= set(locked)
        assert text.count("--hash=sha256:") > len(locked)
        assert "http" not in re.sub(r"^[\w-]*http[\w-]*==", "", text, flags=re.MULTILINE)
