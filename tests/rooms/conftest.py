"""Fixtures of several of these tests."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.rooms.raw_site import Handler, RawSite, raw_site

if TYPE_CHECKING:
    # pytest reads this file before Django is set up.
    from rooms.models import Room


@pytest.fixture
def room(db: None) -> Room:
    from rooms.models import Room

    return Room.objects.create(slug="garden", title="Garden")


@pytest.fixture
def no_cards() -> None:
    """No card was made before the test."""
    from rooms.cards.cache import CACHE

    CACHE.forget()


@pytest.fixture
def owner(client: Client, settings: Any, tmp_path: Path) -> Client:
    """A browser that is logged in as the owner."""
    from django.contrib.auth import get_user_model

    settings.MEDIA_ROOT = tmp_path / "media"
    client.force_login(get_user_model().objects.create_superuser("owner", password="x"))
    return client


@pytest.fixture
def without_redis(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Redis does not answer."""
    layer = {**settings.CHANNEL_LAYERS["default"], "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]}}
    settings.CHANNEL_LAYERS = {"default": layer}
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


@pytest.fixture
def start(settings: Any) -> Iterator[Callable[..., RawSite]]:
    """Start sites that may be fetched although their addresses are private."""
    with contextlib.ExitStack() as stack:

        def started(handler: Handler, **options: Any) -> RawSite:
            site = stack.enter_context(raw_site(handler, **options))
            settings.FETCH_PRIVATE = [*settings.FETCH_PRIVATE, f"127.0.0.1:{site.port}"]
            return site

        yield started
