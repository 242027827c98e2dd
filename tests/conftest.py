"""What every test has: a real Valkey, its own data directory, and settings made from them.

pytest-django sets Django up after it has read the first conftest, as long as DJANGO_SETTINGS_MODULE
is not in pyproject.toml. So this prepares the environment of the settings when it is imported.
"""

from __future__ import annotations

import atexit
import functools
import math
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

from tools.postgres import Postgres
from tools.product import start_valkey

# Timings are no verdict: on a busy machine, making and running an example may take any time.
hypothesis_settings.register_profile(
    "confcall", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("confcall")

# The developer's environment must not change a test.
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
    "EMAIL_HOST",
):
    os.environ.pop(name, None)

DATA_DIR = Path(tempfile.mkdtemp(prefix="confcall-test-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)

VALKEY = start_valkey(DATA_DIR / "valkey")
atexit.register(VALKEY.stop)

if "TEST_POSTGRES" in os.environ:
    # Set by tests/rooms/test_postgres.py. Otherwise tests use SQLite.
    os.environ["DATABASE_URL"] = Postgres(Path(os.environ["TEST_POSTGRES"])).url
os.environ["DATA_DIR"] = str(DATA_DIR)
os.environ["REDIS_URL"] = f"redis://127.0.0.1:{VALKEY.port}/0"
os.environ["SECRET_KEY"] = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
os.environ["DJANGO_SETTINGS_MODULE"] = "confcall.settings"


def pytest_configure(config: pytest.Config) -> None:
    # Settings that were read earlier would name another Redis, perhaps a real one.
    from django.conf import settings

    if os.environ["REDIS_URL"] != settings.REDIS_URL:
        raise pytest.UsageError(
            "Django's settings were read before tests/conftest.py:"
            " take DJANGO_SETTINGS_MODULE out of pyproject.toml."
        )


@pytest.fixture(scope="session", autouse=True)
def clients_are_browsers() -> Iterator[None]:
    """Let Django's test client look like a browser: programs get a preview of a page."""
    from django.test import Client

    with pytest.MonkeyPatch.context() as patch:
        asking = functools.partialmethod(Client.__init__, HTTP_SEC_FETCH_MODE="navigate")
        patch.setattr(Client, "__init__", asking)
        yield


@pytest.fixture(scope="session", autouse=True)
def the_time_zone_is_that_of_the_settings() -> Iterator[None]:
    """No test asks the database for it unless it forgets this."""
    from rooms import site_time

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_time, "_kept", ("", math.inf))
        yield


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The URL of the session's Valkey, as in the environment and the settings."""
    return os.environ["REDIS_URL"]


@pytest.fixture
def clean_redis(redis_url: str) -> Iterator[Any]:
    """A synchronous Redis client; Redis is empty before the test."""
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Use a file as in production: SQLite in memory locks whole tables and does not wait."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(DATA_DIR / "test.sqlite3")
