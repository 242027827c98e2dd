"""The catalogues, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools import messages


def template(*ids: str | tuple[str, str]) -> Catalog:
    catalog = Catalog(fuzzy=False)
    for said in ids:
        catalog.add(said, locations=[("rooms/some.py", 0)])
    return catalog


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A complete one for `template("Leave")`."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "STRICT", True)
    path = tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(messages.updated(messages.read(path), template("Leave")))
    path.write_text(path.read_text().replace('msgstr ""\n', 'msgstr "Verlassen"\n', 2))
    path.write_text(path.read_text().replace('msgstr "Verlassen"\n', 'msgstr ""\n', 1))
    return path


def test_code_templates_and_scripts_are_read() -> None:
    found = {message.id: message for message in messages.messages(messages.extracted())}
    assert "templates/rooms/stage.html" in dict(found["Leave"].locations)
    assert "{name} has joined." in found
    # A block is trimmed, its values are named, and it may be plural.
    assert any("%(title)s" in said for said in found if isinstance(said, str))
    assert ("%(count)d person is in.", "%(count)d people are in.") in found
    # A word in a tag of a template.
    assert "templates/rooms/lobby.html" in dict(found["Microphone"].locations)


def test_a_complete_catalogue_passes(catalogue: Path) -> None:
    assert messages.check(catalogue, template("Leave")) == []


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (("Leave", "Join"), "is not up to date"),
        (("Join",), "is not up to date"),
        ((("Leave", "Leave all"),), "is not up to date"),
    ],
)
def test_new_and_old_messages_fail(
    catalogue: Path, ids: tuple[str | tuple[str, str], ...], words: str
) -> None:
    (line,) = messages.check(catalogue, template(*ids))
    assert words in line


def test_an_update_keeps_what_is_translated_and_guesses_nothing(catalogue: Path) -> None:
    wanted = template("Leave", "Leave it", "Join")
    catalogue.write_text(messages.updated(messages.read(catalogue), wanted))
    said = {m.id: m.string for m in messages.messages(messages.read(catalogue))}
    assert said == {"Leave": "Verlassen", "Leave it": "", "Join": ""}
    (line,) = messages.check(catalogue, wanted)
    assert "2 messages have no translation" in line


def test_a_guess_fails(catalogue: Path) -> None:
    catalogue.write_text(catalogue.read_text().replace('msgid "Leave"', '#, fuzzy\nmsgid "Leave"'))
    assert any("fuzzy" in line for line in messages.check(catalogue, template("Leave")))


@pytest.mark.parametrize(
    ("said", "translated", "right"),
    [
        ("{name} left", "{name} ist gegangen", True),
        ("{name} left", "{nane} ist gegangen", False),
        ("{name} left", "Jemand ist gegangen", False),
        ("%(n)s of %(m)s", "%(m)s, davon %(n)s", True),
        ("%(n)s of %(m)s", "%(n)s von %(n)s", False),
        ("50 %% of <b>it</b>", "<b>davon</b> 50 %%", True),
        ('<a href="/x">it</a>', '<a href="/y">es</a>', False),
        ("two\n", "zwei\n", True),
        ("two\n", "zwei", False),
        (("%(n)d person", "%(n)d people"), ("Eine Person", "%(n)d Personen"), False),
        (("One person", "%(n)d people"), ("Eine Person", "%(n)d Personen"), True),
        (("%(n)d person", "%(n)d people"), ("%(n)d Person", "Personen"), False),
    ],
)
def test_placeholders_and_tags_are_kept(
    said: str | tuple[str, str], translated: str | tuple[str, str], right: bool
) -> None:
    catalog = Catalog(locale="de", fuzzy=False)
    catalog.add(said, translated)
    assert (list(messages.problems(catalog)) == []) is right
