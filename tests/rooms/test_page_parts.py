"""The parts of the page fit together: texts, ids, icons, and a strict Content-Security-Policy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rooms.page.texts import TEXTS

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "static/rooms").rglob("*.js"))
PAGES = sorted((ROOT / "templates").rglob("*.html"))
OUTSIDE_UI = [path for path in SCRIPTS if "ui" not in path.relative_to(ROOT).parts]
ALL_SCRIPTS = "\n".join(path.read_text() for path in SCRIPTS)
ALL_PAGES = "\n".join(path.read_text() for path in PAGES)

NAMED_BY_CONTRACT = [
    "Your name",
    "Join",
    "Join without camera and microphone",
    "Microphone",
    "Camera",
    "Share screen",
    "Copy call link",
    "Copy notes link",
    "Open notes",
    "Leave",
    "People in the call",
]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_text_that_a_script_names_is_in_the_catalogue() -> None:
    named = set(re.findall(r"\btext\('([\w.]+)'", ALL_SCRIPTS)) | set(
        re.findall(r"return (?:.*\? )?'(device\.\w+)'", ALL_SCRIPTS)
    )
    assert len(named) > 20
    assert named <= set(TEXTS)


def test_every_text_in_the_catalogue_is_used() -> None:
    families = re.findall(r"text\(`([\w.]+)\.\$\{", ALL_SCRIPTS)
    assert families
    unused = [
        key
        for key in TEXTS
        if f"'{key}'" not in ALL_SCRIPTS
        and not any(key.startswith(f"{family}.") for family in families)
    ]
    assert unused == []


def test_every_reason_to_end_has_its_title_and_its_text() -> None:
    script = (ROOT / "static/rooms/ui/entry/end.js").read_text()
    match = re.search(r"OWN_WORDS = new Set\(\[(.*?)\]\)", script, re.DOTALL)
    assert match
    for why in re.findall(r"'(\w+)'", match[1]):
        assert {f"end.{why}", f"end.{why}.text"} <= set(TEXTS)


def test_every_element_that_a_script_looks_for_is_on_a_page() -> None:
    wanted = set(re.findall(r"\b(?:byId|find)\('([\w-]+)'", ALL_SCRIPTS))
    there = (
        set(re.findall(r'\bid="([\w-]+)"', ALL_PAGES))
        | set(re.findall(r'control\.html" with id="([\w-]+)"', ALL_PAGES))
        | {"config"}
    )
    assert len(wanted) > 30
    assert wanted - there == set()


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    sprite = set(
        re.findall(r'id="icon-([\w-]+)"', (ROOT / "templates/rooms/icons.svg").read_text())
    )
    # Drawn here, beside the buttons that need it.
    sprite |= set(re.findall(r'<symbol id="icon-([\w-]+)"', ALL_PAGES))
    used = set(re.findall(r'icon\.html" with name="([a-z\d-]+)"', ALL_PAGES)) | set(
        re.findall(r"\bicon\('([\w-]+)'", ALL_SCRIPTS)
    )
    used |= set(re.findall(r"\bmark\('([\w-]+)'", ALL_SCRIPTS)) | set(
        re.findall(r'\bo(?:n|ff)="([a-z-]+)"', ALL_PAGES)
    )
    used |= set(re.findall(r'href="#icon-([a-z-]+)"', ALL_PAGES))
    for table in re.findall(r"const ICONS = \{(.*?)\};", ALL_SCRIPTS, re.DOTALL):
        used |= set(re.findall(r": '([\w-]+)'", table))
    assert used == sprite


@pytest.mark.parametrize("name", NAMED_BY_CONTRACT)
def test_the_name_is_on_the_page(name: str) -> None:
    assert f'"{name}"' in ALL_PAGES or f"'{name}'" in ALL_PAGES


# Cards are one answer each: their policy names the hashes of what is inside, see test_card.py.
WITHOUT_CARDS = [path for path in PAGES if path.parent.name != "cards"]


@pytest.mark.parametrize("path", WITHOUT_CARDS, ids=relative)
def test_a_page_has_no_inline_style_and_no_inline_script(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=|<style|\son\w+\s*=\s*[\"'][^\"']*\(|javascript:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_a_page_asks_nothing_of_other_sites(path: Path) -> None:
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", path.read_text())


def test_there_are_scripts_outside_ui() -> None:
    assert OUTSIDE_UI


@pytest.mark.parametrize("path", OUTSIDE_UI, ids=relative)
def test_only_the_ui_folder_touches_the_document(path: Path) -> None:
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"\b(document|window)\b\s*[.\[]", code)


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_no_script_writes_markup(path: Path) -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function",
        path.read_text(),
    )


def test_a_licence_is_there_for_every_package_in_the_bundle() -> None:
    licences = (ROOT / "static/vendor/LICENSES.txt").read_text()
    for name in (
        "yjs",
        "y-protocols",
        "lib0",
        "quill",
        "y-quill",
        "quill-cursors",
        "parchment",
        "quill-delta",
        "lucide-static",
        "@jitsi/rnnoise-wasm",
        "@mediapipe/selfie_segmentation",
    ):
        assert re.search(rf"^{re.escape(name)} \d+\.\d+\.\d+ – \S", licences, re.MULTILINE), name


def test_node_packages_are_pinned_and_name_no_registry() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    assert all(
        re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values()
    )
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
