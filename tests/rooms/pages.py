"""Reading the call page as a browser does."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from rooms.models import Invite


def config(response: Any) -> dict[str, Any]:
    found = re.search(
        rb'<script id="config" type="application/json">(.*?)</script>', response.content, re.DOTALL
    )
    assert found, response.content[:500]
    value: dict[str, Any] = json.loads(found[1])
    return value


def headers(response: Any) -> dict[str, str]:
    """All headers except the one that is a clock."""
    return {name: value for name, value in response.items() if name != "Expires"}


def enter(client: Client, invite: Invite) -> HttpResponse:
    """Follow an invite as a browser does."""
    first = client.get(invite.get_absolute_url())
    if first.status_code != 200:
        return first  # type: ignore[return-value]
    return client.get(invite.room.get_absolute_url())  # type: ignore[return-value]


def state(response: Any) -> str:
    """How the page says that it recognised somebody."""
    found = re.search(rb'<meta name="entry" content="(\w+)"', response.content)
    return found[1].decode() if found else ""


def without_cookies(client: Client) -> Client:
    """A browser that keeps no cookies."""
    client.cookies.clear()
    return client
