"""What scripts say to people: key -> text. Pages hand it to their scripts with ``for_scripts``.

``{name}`` and the like are filled in by ``static/rooms/common/texts.js``. A text says what happened
and what to do next. Each area has a module of its own; the first word of a key is usually its area.
"""

from __future__ import annotations

from django.utils.functional import Promise

from rooms.page.texts import (
    call,
    chat,
    connection,
    devices,
    effects,
    end,
    links,
    lobby,
    notes,
    people,
    quality,
    reactions,
    shortcuts,
    views,
)

TEXTS: dict[str, str | Promise] = {
    **call.TEXTS,
    **chat.TEXTS,
    **connection.TEXTS,
    **devices.TEXTS,
    **effects.TEXTS,
    **end.TEXTS,
    **links.TEXTS,
    **lobby.TEXTS,
    **notes.TEXTS,
    **people.TEXTS,
    **quality.TEXTS,
    **reactions.TEXTS,
    **shortcuts.TEXTS,
    **views.TEXTS,
}


def for_scripts() -> dict[str, str]:
    """All texts in the language of the request."""
    return {key: str(text) for key, text in TEXTS.items()}
