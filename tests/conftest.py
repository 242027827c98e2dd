"""What every test has: a real Valkey, a data directory of its own, and settings made from them.

pytest-django sets Django up after the first conftest is read, provided that DJANGO_SETTINGS_MODULE is not in
pyproject.toml: so the environment that the settings are read from is prepared here, at import.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tools.product import start_valkey

# A timing is never a verdict: on a busy machine one example, or making one, may take as long as it likes.
hypothesis_settings.register_profile(
    "confcall", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("confcall")

# What the developer's shell says must not change a test.
for name in (
    "ETHERPAD_URL",
    "ETHERPAD_API_URL",
    "ETHERPAD_API_KEY",
    "DATABASE_URL",
    "SITE_URL",
    "EXTRA_HOSTS",
    "TURN_URLS",
    "SFU_WORKERS",
    "METRICS_TOKEN",
):
    os.environ.pop(name, None)

DATA_DIR = Path(tempfile.mkdtemp(prefix="confcall-test-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)

VALKEY = start_valkey(DATA_DIR / "valkey")
atexit.register(VALKEY.stop)

os.environ["DATA_DIR"] = str(DATA_DIR)
os.environ["REDIS_URL"] = f"redis://127.0.0.1:{VALKEY.port}/0"
os.environ["SECRET_KEY"] = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
os.environ["DJANGO_SETTINGS_MODULE"] = "confcall.settings"


def pytest_configure(config: pytest.Config) -> None:
    # Settings that were read before this file would name another Redis, perhaps a real one.
    from django.conf import settings

    if os.environ["REDIS_URL"] != settings.REDIS_URL:
        raise pytest.UsageError(
            "Django's settings were read before tests/conftest.py: take DJANGO_SETTINGS_MODULE out of pyproject.toml."
        )


@pytest.fixture(scope="session", autouse=True)
def clients_are_browsers() -> Iterator[None]:
    """Django's test client asks as a browser does; programs get a preview, see rooms.views.previews."""
    from django.test import Client

    with pytest.MonkeyPatch.context() as patch:
        asking = functools.partialmethod(Client.__init__, HTTP_SEC_FETCH_MODE="navigate")
        patch.setattr(Client, "__init__", asking)
        yield


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The URL of the session's Valkey; REDIS_URL in the environment and in the settings says the same."""
    return os.environ["REDIS_URL"]


@pytest.fixture
def clean_redis(redis_url: str) -> Iterator[Any]:
    """A synchronous Redis client; everything is forgotten before the test."""
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """SQLite in memory locks whole tables between threads and knows no waiting; a file behaves as in production."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(DATA_DIR / "test.sqlite3")
