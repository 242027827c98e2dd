"""The security headers of every page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client

from rooms.models import Room

pytestmark = pytest.mark.django_db


def policy(response: Any) -> dict[str, list[str]]:
    parts = [part.split() for part in response["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in parts}


@pytest.mark.parametrize("path", ["/", "/r/absent/", "/admin/login/", "/health/", "/nowhere/"])
def test_every_answer_has_the_strict_policy(client: Client, path: str) -> None:
    response = client.get(path)
    rules = policy(response)
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == rules["style-src"] == ["'self'"]
    assert rules["frame-ancestors"] == ["'none'"]
    assert rules["base-uri"] == ["'none'"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in response["Permissions-Policy"]


def test_only_workers_that_compile_webassembly_may_compile_it(client: Client) -> None:
    folder = "/static/rooms/media/effects"
    response = client.get(f"{folder}/workers/background.js")
    assert response.status_code == 200
    rules = policy(response)
    assert rules["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert rules["default-src"] == rules["frame-ancestors"] == ["'none'"]
    for path in (f"{folder}/effects.js", f"{folder}/workers/../effects.js", "/static/x.js"):
        assert "unsafe" not in client.get(path)["Content-Security-Policy"], path


def test_addresses_never_travel_in_a_referrer_and_the_admins_forms_still_work(
    client: Client,
) -> None:
    assert client.get("/")["Referrer-Policy"] == "no-referrer"
    assert client.get("/admin/login/")["Referrer-Policy"] == "same-origin"


def test_notes_may_be_framed_by_our_own_pages_alone(client: Client) -> None:
    room = Room.objects.create(slug="garden", title="Garden")
    response = client.get(f"/n/{room.notes_key}/")
    assert response.status_code == 200
    assert policy(response)["frame-ancestors"] == ["'self'"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_etherpads_origin_alone_may_be_framed(client: Client, settings: Any) -> None:
    settings.ETHERPAD_URL = "https://pad.example.org/sub"
    assert policy(client.get("/"))["frame-src"] == ["'self'", "https://pad.example.org"]


def test_sockets_go_to_the_site_alone(client: Client) -> None:
    sources = policy(client.get("/"))["connect-src"]
    assert sources[0] == "'self'"
    assert all(
        re.fullmatch(r"ws://(127\.0\.0\.1|localhost):8000", source) for source in sources[1:]
    )


def test_pages_hold_nothing_that_the_policy_forbids(client: Client) -> None:
    room = Room.objects.create(slug="garden", title="Garden")
    invite = room.invites.create()
    client.force_login(get_user_model().objects.create_superuser("owner", password="x"))
    paths = [
        "/",
        "/r/garden/",
        "/r/absent/",
        f"/n/{room.notes_key}/",
        "/admin/",
        "/admin/rooms/room/",
        "/admin/rooms/background/add/",
    ]
    paths += [f"/admin/rooms/room/{room.pk}/change/", f"/admin/rooms/invite/{invite.pk}/change/"]
    for path in paths:
        html = client.get(path).content.decode()
        assert not re.search(r"<[^>]+\s(style|on\w+)=", html), path
        assert not re.search(r"<style|<script(?![^>]*(?:src=|application/json))", html), path
        # Nothing is loaded from other sites.
        assert not re.findall(
            r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?//', html
        ), path


def test_templates_load_nothing_from_elsewhere() -> None:
    for template in (Path(django_settings.BASE_DIR) / "templates").rglob("*.html"):
        assert not re.search(
            r'(?:src|srcset|action)="(?:https?:)?//', template.read_text(encoding="utf-8")
        ), template
