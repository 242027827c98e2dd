"""Who wrote what in the built-in notes.

A Yjs document says for each character which client wrote it: a random number for each page. The
server writes down whose page that was when it stores the client's first words.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from rooms import plain_text
from rooms.models import NotesAuthor
from rooms.notes.yprotocol import ProtocolError, read_varint

MAX_NAME = 60

# A page has one client. An update may bring those of a page that was opened before it.
MOST_AT_ONCE = 5


def clocks(state: bytes) -> dict[int, int]:
    """How much each client has written, from a Yjs state vector. Pure. Raises ProtocolError."""
    found = {}
    count, at = read_varint(state, 0)
    for _ in range(count):
        client, at = read_varint(state, at)
        found[client], at = read_varint(state, at)
    return found


def grown(before: bytes, after: bytes) -> set[int]:
    """The clients that have written between two state vectors. Pure."""
    try:
        old = clocks(before)
        return {client for client, clock in clocks(after).items() if clock > old.get(client, 0)}
    except ProtocolError:
        return set()


def record(room: int, clients: Collection[int], name: str) -> dict[int, str]:
    """Write down who these clients are, unless somebody has already; return what is known."""
    some = sorted(clients)[:MOST_AT_ONCE]
    rows = [NotesAuthor(room_id=room, client=client, name=name[:MAX_NAME]) for client in some]
    NotesAuthor.objects.bulk_create(rows, ignore_conflicts=True)
    return names(room, some)


def names(room: int, clients: Collection[int] | None = None) -> dict[int, str]:
    """The names of a room's authors, or of some of them, by client."""
    rows = NotesAuthor.objects.filter(room_id=room)
    if clients is not None:
        rows = rows.filter(client__in=clients)
    return dict(rows.values_list("client", "name"))


def state_name(state: bytes) -> str:
    """The name in a client's presence; empty if there is none. Pure."""
    try:
        name = json.loads(state)["user"]["name"]
    except (ValueError, KeyError, TypeError):
        return ""
    return plain_text.line(name, MAX_NAME) if isinstance(name, str) else ""


def with_name(state: bytes, name: str) -> bytes:
    """A client's presence under the name that the server knows. Pure."""
    try:
        body: Any = json.loads(state)
        if not isinstance(body, dict) or not isinstance(body.get("user"), dict):
            return state
    except ValueError:
        return b"null"
    body["user"]["name"] = name
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
