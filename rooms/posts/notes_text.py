"""A room's notes as they are now, as HTML and as Markdown."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.translation import gettext as _

from rooms.models import Room
from rooms.notes import pads, store
from rooms.posts import delta
from rooms.posts.markdown import markdown
from rooms.posts.pad_html import from_etherpad
from rooms.posts.sanitise import MAX_HTML, clean_html, is_empty

__all__ = ["NotesUnavailable", "clean_html", "is_empty", "markdown", "notes_html"]

# Room for the sentence about what was left out.
_LIMIT = MAX_HTML - 1000


class NotesUnavailable(Exception):
    """The notes cannot be read now. The text tells the owner what to do."""


def notes_html(room: Room) -> str:
    """The room's notes, sanitised; empty if there are none. Raises NotesUnavailable.

    It reads the database or asks Etherpad, for some seconds at most.
    """
    provider = pads.provider()
    if isinstance(provider, pads.Etherpad):
        return _pad_html(provider, room)
    try:
        runs = store.text_runs(store.load(room.pk))
    except store.BadUpdate as exc:
        raise NotesUnavailable(_("The notes are damaged and cannot be read.")) from exc
    html, whole = delta.html(runs, _LIMIT)
    if not whole:
        html += format_html("<p>{}</p>", _("The notes are longer. The rest is not shown here."))
    return clean_html(html)


def _pad_html(provider: pads.Etherpad, room: Room) -> str:
    try:
        html = provider.html(room)
    except pads.PadUnavailable as exc:
        text = _(
            "Etherpad does not answer, so the notes cannot be read. Try again in a moment. If "
            "it continues, check Etherpad and its settings."
        )
        raise NotesUnavailable(text) from exc
    return from_etherpad(html, room.title)
