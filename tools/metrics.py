"""Measure how the code is built: sizes, complexity, comments, import circles, commits.

Usage: python tools/metrics.py [ROOT] [RANGE]. ROOT is a checkout, by default this one; a worktree
of an older commit gives the figures of before. RANGE limits the commits, as in ``git log``.
Standard library only. The product is what ships: confcall, rooms, sfu_worker and manage.py.
Migrations and vendored files are left out.
"""

from __future__ import annotations

import ast
import io
import re
import statistics
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

PRODUCT = ("confcall/", "rooms/", "sfu_worker/", "manage.py")
SKIPPED = ("rooms/migrations/", "static/vendor/", "node_modules/")
LONG_FUNCTION = 50  # lines
LONG_LINE = 100  # characters
COMPLEX = 12  # ways through a function, as ``complexity`` counts them
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Each of these adds one way through a function; so does each further operand of `and` and `or`.
BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.match_case,
    ast.comprehension,
)


@dataclass(frozen=True)
class Source:
    """One Python file. ``path`` is relative to the checkout."""

    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def ships(self) -> bool:
        return self.path.startswith(PRODUCT)

    @property
    def module(self) -> str:
        parts = PurePosixPath(self.path).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def tracked(root: Path) -> list[str]:
    paths = git(root, "ls-files").splitlines()
    return [path for path in paths if not path.startswith(SKIPPED) and (root / path).is_file()]


def read(root: Path, path: str) -> str:
    return (root / path).read_text(encoding="utf-8")


def sources(root: Path, paths: Iterable[str]) -> list[Source]:
    texts = {path: read(root, path) for path in paths if path.endswith(".py")}
    return [Source(path, text, ast.parse(text)) for path, text in texts.items()]


# Functions and classes


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, FUNCTIONS))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the end, docstring included, decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def complexity(function: ast.AST) -> int:
    """McCabe's count. A function within the function counts on its own."""
    count = 1
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, FUNCTIONS):
            continue
        count += isinstance(node, BRANCHES)
        if isinstance(node, ast.BoolOp):
            count += len(node.values) - 1
        if isinstance(node, ast.comprehension):
            count += len(node.ifs)
        waiting += ast.iter_child_nodes(node)
    return count


def attributes(cls: ast.ClassDef) -> set[str]:
    """Names that a class gives its instances: ``self.x = …``, slots, fields of a dataclass."""
    found = {
        node.attr
        for node in ast.walk(cls)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
    is_dataclass = any("dataclass" in ast.unparse(each) for each in cls.decorator_list)
    for statement in cls.body:
        if isinstance(statement, ast.Assign) and "__slots__" in map(ast.unparse, statement.targets):
            found |= {
                node.value
                for node in ast.walk(statement.value)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
        elif is_dataclass and isinstance(statement, ast.AnnAssign):
            found.add(ast.unparse(statement.target))
    return found


# Text


def bare_strings(tree: ast.AST) -> int:
    """Strings that stand alone right below an assignment."""
    count = 0
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for above, below in pairwise(body):
            count += (
                isinstance(above, (ast.Assign, ast.AnnAssign, ast.AugAssign))
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
                and isinstance(below.value.value, str)
            )
    return count


def comment_lines(text: str) -> int:
    """Lines with a ``#`` comment, alone or beside code."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return len({token.start[0] for token in tokens if token.type == tokenize.COMMENT})


def counted_lines(path: str, text: str) -> list[str]:
    """The lines whose length counts.

    Recorded data in Python does not, nor do tables, code and link targets in prose.
    """
    if path.endswith(".py"):
        return [line for line in text.splitlines() if "# noqa: E501" not in line]
    if path.endswith(".md"):
        prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        prose = re.sub(r"\]\([^)]*\)", "]", prose)
        return [line for line in prose.splitlines() if not line.startswith("|")]
    return text.splitlines()


def long_lines(files: dict[str, str], suffix: str) -> str:
    lines = [
        line
        for path, text in files.items()
        if path.endswith(suffix)
        for line in counted_lines(path, text)
    ]
    return percent(sum(len(line) > LONG_LINE for line in lines), len(lines))


# Folders and imports


def fullest(paths: Iterable[str]) -> str:
    """The folder with the most modules in it. ``__init__`` and ``__main__`` do not count."""
    folders = Counter(
        str(PurePosixPath(path).parent)
        for path in paths
        if PurePosixPath(path).stem not in ("__init__", "__main__")
    )
    folder, count = max(folders.items(), key=lambda item: item[1], default=("", 0))
    return f"{count} ({folder})"


def imported(source: Source, modules: set[str]) -> set[str]:
    """Modules among ``modules`` that a file imports anywhere, type checking included."""
    found: set[str] = set()
    package = source.module.split(".")
    if not source.path.endswith("__init__.py"):
        package = package[:-1]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            names = {f"{base}.{alias.name}" for alias in node.names}
            found |= {name if name in modules else base for name in names}
    return (found & modules) - {source.module}


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Sets of modules that reach each other through imports (strongly connected components)."""
    reach = {module: reachable(graph, module) for module in graph}
    together = {
        frozenset({other for other in reach[module] if module in reach[other]}) for module in graph
    }
    return sorted((set(group) for group in together if len(group) > 1), key=len, reverse=True)


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for module in graph[waiting.pop()] - found:
            found.add(module)
            waiting.append(module)
    return found


def circle_text(files: list[Source], package: str) -> str:
    inside = [each for each in files if each.path.startswith(package + "/")]
    modules = {each.module for each in inside}
    found = circles({each.module: imported(each, modules) for each in inside})
    sizes = ", ".join(str(len(each)) for each in found)
    return f"{len(found)} (of {sizes} modules)" if found else "0"


def twins(paths: Iterable[str]) -> str:
    """Worker modules with a test of their name: in the same folder of tests, or flat."""
    everything = set(paths)
    modules = [
        PurePosixPath(path).relative_to("sfu_worker")
        for path in everything
        if path.startswith("sfu_worker/") and path.endswith(".py")
    ]
    modules = [each for each in modules if each.stem not in ("__init__", "__main__")]
    having = [
        each
        for each in modules
        if f"tests/sfu_worker/{each.parent / f'test_{each.name}'}" in everything
        or f"tests/sfu_worker/test_{'_'.join(each.parts)}" in everything
    ]
    return f"{len(having)} of {len(modules)}"


# Commits


def commits(root: Path, revisions: str) -> dict[str, str]:
    log = git(root, "log", "--no-merges", "--format=%x00%b%x01", "--numstat", "-M", revisions, "--")
    entries = [entry.partition("\x01") for entry in log.split("\0")[1:]]
    numbers = re.compile(r"^(\d+)\t(\d+)\t", re.MULTILINE)
    lines = [sum(int(a) + int(b) for a, b in numbers.findall(stat)) for _, _, stat in entries]
    return {
        "commits": str(len(entries)),
        "commits with a body": percent(sum(bool(b.strip()) for b, _, _ in entries), len(entries)),
        "lines per commit, median": f"{statistics.median(lines or [0]):.0f}",
    }


# The table


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def python_rows(files: list[Source]) -> dict[str, str]:
    found = [function for source in files for function in functions(source.tree)]
    lengths = sorted(map(length, found)) or [0]
    classes = [
        (len(attributes(node)), node.name)
        for source in files
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
    ]
    longest = max((len(each.lines), each.path) for each in files)
    written = sum(bool(line.strip()) for each in files for line in each.lines)
    p90 = lengths[len(lengths) * 9 // 10]
    most = max(classes, default=(0, ""))
    return {
        "functions over 50 lines": percent(sum(n > LONG_FUNCTION for n in lengths), len(lengths)),
        "function p90 / longest": f"{p90} / {lengths[-1]}",
        "longest file": f"{longest[0]} ({longest[1]})",
        "complexity over 12": percent(sum(complexity(f) > COMPLEX for f in found), len(found)),
        "`#` comments": percent(sum(comment_lines(each.text) for each in files), written),
        "bare strings under assignments": str(sum(bare_strings(each.tree) for each in files)),
        "attributes of the largest class": f"{most[0]} ({most[1]})",
    }


def table(root: Path, revisions: str = "HEAD") -> list[tuple[str, str, str]]:
    """Rows of name, value of the product, value of everything (empty where there is but one)."""
    paths = tracked(root)
    files = sources(root, paths)
    everything = python_rows(files)
    product = python_rows([each for each in files if each.ships])
    rows = [(name, product[name], everything[name]) for name in product]
    texts = {
        path: read(root, path) for path in paths if path.endswith((".js", ".css", ".html", ".md"))
    }
    python = {each.path: each.text for each in files}
    shipped = {each.path: each.text for each in files if each.ships}
    rows.append(("lines over 100, Python", long_lines(shipped, ".py"), long_lines(python, ".py")))
    single = {
        f"lines over 100, {kind}": long_lines(texts, suffix)
        for kind, suffix in {"JS": ".js", "CSS": ".css", "HTML": ".html", "prose": ".md"}.items()
    }
    single |= {
        "modules in the fullest folder, Python": fullest(each.path for each in files if each.ships),
        "modules in the fullest folder, JS": fullest(
            path for path in paths if path.startswith("static/rooms/") and path.endswith(".js")
        ),
        "import circles of sfu_worker": circle_text(files, "sfu_worker"),
        "import circles of rooms": circle_text(files, "rooms"),
        "worker modules with a twin test": twins(paths),
    }
    single |= commits(root, revisions)
    return rows + [(name, value, "") for name, value in single.items()]


def main(arguments: list[str]) -> None:
    root = Path(arguments[0] if arguments else Path(__file__).resolve().parents[1])
    print("| | product | with tests, bench and tools |\n|---|---|---|")
    for row in table(root, *arguments[1:2]):
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
