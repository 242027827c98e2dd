"""The catalogues of translations: ``python tools/messages.py update | check``.

``update`` brings each ``locale/<language>/LC_MESSAGES/django.po`` up to date with what the code and
the templates say. New messages have no translation, and those of old messages are deleted; none is
ever guessed. ``check`` writes nothing. It fails if a catalogue and the code differ, or if a
translation is missing or does not keep its placeholders.

To add a language: make ``locale/<language>/LC_MESSAGES/``, and ``update``.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"

# Whether the check fails when a message is missing or has no translation, or only warns.
STRICT = True

PYTHON = ("confcall", "rooms")
TEMPLATES = ("*.html", "*.svg", "*.txt")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

HEADER = """\
# Translations of confcall. CONTRIBUTING.md says how they are made.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural};\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

# Placeholders of str.format, of the scripts and of %, and the tags of HTML.
KEPT = re.compile(r"\{\w*\}|%\(\w+\)[sd]|%[sd]|</?\w+[^<>]*>")


def sources() -> Iterator[tuple[str, str]]:
    """Each file that may have messages, and its text as Python that can be read for them."""
    for folder in PYTHON:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    for pattern in TEMPLATES:
        for path in sorted((ROOT / "templates").rglob(pattern)):
            text = templatize(path.read_text(encoding="utf-8"), origin=str(path))
            # What is no message has become rows of X. In brackets their indentation is no matter.
            yield path.relative_to(ROOT).as_posix(), f"({text})"


def extracted() -> Catalog:
    """All messages of the code and the templates."""
    catalog = Catalog(fuzzy=False)
    for name, text in sources():
        if "_(" not in text and "gettext" not in text:
            continue
        found = extract(
            "python", io.BytesIO(text.encode()), KEYWORDS, comment_tags=("Translators:",)
        )
        for _line, message, comments, context in found:
            catalog.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalog


def messages(catalog: Catalog) -> list[Message]:
    """All but the header."""
    return [message for message in catalog if message.id]


def catalogues() -> list[Path]:
    return sorted(folder / "django.po" for folder in LOCALE.glob("*/LC_MESSAGES"))


def read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog(locale=path.parts[-3], fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def updated(old: Catalog, template: Catalog) -> str:
    """The catalogue with the messages of the template, as text."""
    new = Catalog(locale=old.locale, fuzzy=False)
    for message in messages(template):
        known = old.get(message.id, message.context)
        # A message that has become plural, or no longer is, has to be translated again.
        same = known is not None and known.pluralizable == message.pluralizable
        new.add(
            message.id,
            known.string if known and same else None,
            sorted({(name, 0) for name, _line in message.locations}),
            auto_comments=message.auto_comments,
            user_comments=known.user_comments if known else (),
            context=message.context,
        )
    out = io.BytesIO()
    write_po(out, new, width=100, omit_header=True, sort_by_file=True, include_lineno=False)
    return HEADER.format(language=old.locale, plural=old.plural_forms) + out.getvalue().decode()


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """The plural forms of a text, or the text itself."""
    return [text or ""] if isinstance(text, str) or text is None else list(text)


def kept(text: str) -> list[str]:
    return sorted(KEPT.findall(text))


def ends(text: str) -> tuple[bool, bool]:
    """Whether there is white space before and after a text."""
    return text[:1].isspace(), text[-1:].isspace()


def wrong(message: Message) -> str:
    """What is wrong with a translation; empty: nothing."""
    said = forms(message.id)
    for place, text in enumerate(forms(message.string)):
        # The form for one keeps what it has itself, which may be less.
        if kept(text) != kept(said[min(place, len(said) - 1)]):
            return f"the placeholders differ: {kept(said[-1])}, {kept(text)}"
        if ends(text) != ends(said[0]):
            return "the white space at an end differs"
    return ""


def problems(catalog: Catalog) -> Iterator[str]:
    """What is wrong with the translations that there are."""
    for message in messages(catalog):
        if message.fuzzy:
            yield f"{forms(message.id)[0]!r}: the translation is a guess (fuzzy)"
        elif all(forms(message.string)) and (words := wrong(message)):
            yield f"{forms(message.id)[0]!r}: {words}"


def check(path: Path, template: Catalog) -> list[str]:
    """What a catalogue needs before it can be used."""
    name = path.relative_to(ROOT)
    catalog = read(path)
    found = [f"{name}: {words}" for words in problems(catalog)]
    lacking = []
    if not path.exists() or path.read_text(encoding="utf-8") != updated(catalog, template):
        lacking.append(f"{name} is not up to date: run `python tools/messages.py update`")
    bare = [message for message in messages(catalog) if not all(forms(message.string))]
    if bare:
        first = forms(bare[0].id)[0]
        lacking.append(f"{name}: {len(bare)} messages have no translation, as {first!r}")
    if not STRICT:
        for line in lacking:
            print("warning:", line, file=sys.stderr)
    return found + (lacking if STRICT else [])


def main(task: str) -> int:
    template = extracted()
    if task == "update":
        for path in catalogues():
            path.write_text(updated(read(path), template), encoding="utf-8")
        return 0
    found = [line for path in catalogues() for line in check(path, template)]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("update", "check"):
        sys.exit("usage: messages.py update | check")
    sys.exit(main(sys.argv[1]))
