"""The import rules of docs/architecture.md that are not contracts of import-linter."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAY_USE_CHANNELS = {"sfu_worker/channel_layer.py", "sfu_worker/control/bus.py"}
# The second plays the web side.
MAY_USE_THE_LAYER = {"sfu_worker/control/bus.py", "sfu_worker/light_client/signalling.py"}
SHARED = ("sfu_worker.wire", "sfu_worker.numbers", "sfu_worker.channel_layer")
MAY_START_WORKERS = {"rooms/management/commands/calltest.py", "rooms/management/commands/serve.py"}


def imports(source: str) -> set[str]:
    """The full names that ``source`` imports anywhere: modules, and names in modules."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def files(*folders: str) -> Iterator[tuple[str, set[str]]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), imports(path.read_text(encoding="utf-8"))


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def test_the_reader_of_imports_sees_all_forms() -> None:
    source = (
        "import a.b\nfrom c import d\n"
        "def f():\n    from e.f import g as h\n"
        "if 1:\n    from . import i\n"
    )
    assert imports(source) == {"a.b", "c.d", "e.f.g", "..i"}


def test_the_contracts_of_import_linter_are_kept() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", done.stdout), done.stdout


def test_what_both_sides_share_imports_the_standard_library_only() -> None:
    paths = [ROOT / "sfu_worker/numbers.py", *sorted((ROOT / "sfu_worker/wire").glob("*.py"))]
    assert len(paths) > 1
    for path in paths:
        assert not [
            name
            for name in imports(path.read_text(encoding="utf-8"))
            if not is_in(name, "sfu_worker.wire")
            and name.split(".")[0] not in sys.stdlib_module_names | {"__future__"}
        ]


def test_the_web_side_shares_the_protocol_and_little_else_with_a_worker() -> None:
    wrong = [
        f"{path}: {name}"
        for path, names in files("rooms", "confcall")
        if path not in MAY_START_WORKERS
        for name in names
        if is_in(name, "sfu_worker") and not any(is_in(name, shared) for shared in SHARED)
    ]
    assert not wrong


def test_a_worker_knows_neither_django_nor_the_web_side() -> None:
    wrong = [
        f"{path}: {name}"
        for path, names in files("sfu_worker")
        for name in names
        if any(is_in(name, package) for package in ("django", "rooms", "confcall"))
        or (
            (is_in(name, "channels_redis") or is_in(name, "channels"))
            and path not in MAY_USE_CHANNELS
        )
        or (is_in(name, "sfu_worker.channel_layer") and path not in MAY_USE_THE_LAYER)
    ]
    assert not wrong


def test_the_supervisor_needs_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"rooms"}
    for path, names in files("rooms/supervisor"):
        assert not [name for name in names if name.split(".")[0] not in allowed], path
        assert all(is_in(name, "rooms.supervisor") for name in names if is_in(name, "rooms")), path


def test_tests_share_builders_and_not_each_other() -> None:
    found = {
        f"{path}: {name}"
        for path, names in files("tests")
        for name in names
        if re.match(r"tests\..*\.test_", name)
    }
    assert not found


def test_what_the_product_imports_is_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {re.split(r"[\[<>=~!; ]", line)[0].lower() for line in project["dependencies"]} | {
        "asgiref"
    }  # a part of Django
    own = sys.stdlib_module_names | {"__future__", "confcall", "rooms", "sfu_worker", ""}
    packages = packages_distributions()
    used = {
        (name.split(".")[0], path)
        for path, names in files("confcall", "rooms", "sfu_worker")
        for name in names
        if name.split(".")[0] not in own
    }
    assert used
    assert not [
        (name, path)
        for name, path in used
        if not {dist.lower().replace("_", "-") for dist in packages[name]} & asked
    ]
