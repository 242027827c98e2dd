"""The figures of `make metrics`."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

from tools import metrics


def parse(code: str) -> ast.Module:
    return ast.parse(code)


def source(path: str, text: str) -> metrics.Source:
    return metrics.Source(path, text, ast.parse(text))


def test_each_branch_and_each_further_operand_counts_one() -> None:
    code = """
def f(a, b):
    for x in a:
        if x and b or not a:
            return [y if y else 1 for y in b if y]
    def inner():
        if a:
            pass
"""
    f, inner = metrics.functions(parse(code))
    assert metrics.complexity(f) == 1 + 1 + 1 + 2 + 1 + 1 + 1
    assert metrics.complexity(inner) == 2
    assert metrics.length(f) == 7


def test_attributes_are_assigned_to_self_or_declared() -> None:
    code = """
class A:
    __slots__ = ("a", "b")
    kind = 1
    def f(self):
        self.b = self.c = 1
        self.d.e = 2
@dataclass(frozen=True)
class B:
    x: int
"""
    a, b = (node for node in parse(code).body if isinstance(node, ast.ClassDef))
    assert metrics.attributes(a) == {"a", "b", "c"}
    assert metrics.attributes(b) == {"x"}


def test_a_string_below_an_assignment_is_bare_and_a_docstring_is_not() -> None:
    assert metrics.bare_strings(parse('"""Doc."""\na = 1\n"why"\ndef f():\n    "Doc."\n')) == 1


def test_a_comment_is_no_string_with_a_number_sign() -> None:
    assert metrics.comment_lines("a = '# none'\n# one\nb = 1  # two\n") == 2


def test_tables_code_and_link_targets_in_prose_may_be_long() -> None:
    long = "x" * 101
    text = f"| {long} |\n```\n{long}\n```\n[a]({long})\n{long}\n"
    assert metrics.long_lines({"a.md": text}, ".md") == "33.3 %"


def test_circles_see_type_checking_relative_and_local_imports() -> None:
    files = [
        source("p/__init__.py", ""),
        source("p/a.py", "if TYPE_CHECKING:\n    from p import b\n"),
        source("p/b.py", "from .c import thing\n"),
        source("p/c.py", "def f():\n    import p.a\n"),
        source("p/d.py", "import p.a\n"),
    ]
    assert metrics.circle_text(files, "p") == "1 (of 3 modules)"
    assert metrics.circle_text(files[:3], "p") == "0"


def test_a_twin_lies_in_the_same_folder_or_names_it() -> None:
    paths = [
        "sfu_worker/__init__.py",
        "sfu_worker/net/a.py",
        "sfu_worker/net/b.py",
        "sfu_worker/c.py",
        "tests/sfu_worker/net/test_a.py",
        "tests/sfu_worker/test_net_b.py",
    ]
    assert metrics.twins(paths) == "2 of 3"


def test_a_checkout_is_measured_with_its_commits(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        subprocess.run(command, check=True, capture_output=True)

    git("init", "-q")
    (tmp_path / "manage.py").write_text("a = 1\n\n\ndef f():\n    return a\n")
    git("add", ".")
    git("commit", "-qm", "First")
    (tmp_path / "manage.py").write_text("a = 2\n\n\ndef f():\n    return a\n")
    git("commit", "-qam", "Second\n\nWith a reason.")
    rows = {name: value for name, value, _ in metrics.table(tmp_path)}
    assert rows["commits"] == "2"
    assert rows["commits with a body"] == "50.0 %"
    assert rows["longest file"] == "5 (manage.py)"
    assert {name: value for name, value, _ in metrics.table(tmp_path, "HEAD^..")}["commits"] == "1"
