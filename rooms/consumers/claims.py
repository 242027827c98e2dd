"""What a browser shows to open a room's notes."""

from __future__ import annotations

from typing import Any

from django.http.cookie import parse_cookie

from rooms.entry import notes_access, passes
from rooms.entry.notes_access import Claim


def claimed(scope: dict[str, Any]) -> Claim:
    """What a browser shows when it connects. Its cookies say who uses a link."""
    offered: list[str] = scope.get("subprotocols", [])
    shown = {kind: rest for kind, _dot, rest in (name.partition(".") for name in offered)}
    if "key" not in shown:
        pass_ = passes.read(shown.get("pass", ""))
        return Claim(held=(pass_,) if pass_ is not None else ())
    text = b"; ".join(value for name, value in scope.get("headers", []) if name == b"cookie")
    cookies = parse_cookie(text.decode("latin-1"))
    return Claim(shown["key"], notes_access.held_in(cookies))
