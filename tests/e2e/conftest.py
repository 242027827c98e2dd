"""A whole confcall as its README starts it, and real browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tools import chromium, product
from tools.product import Confcall

# A name that browsers do not treat as secure, unlike loopback.
PLAIN_TEST = "--host-resolver-rules=MAP plain.test 127.0.0.1"

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests in one event loop: a browser belongs to the loop that it started in."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def confcall() -> Iterator[Confcall]:
    """One product for all tests: each makes rooms of its own."""
    port = product.free_port(4)
    place = {"PORT": str(port), "SFU_PORT": str(port + 1)}
    # The sites of people are on this machine too.
    others = {"EXTRA_HOSTS": f"plain.test:{port},b.test:{port}", "FETCH_PRIVATE": "127.0.0.1"}
    with product.confcall(**others, **place) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_browser() -> AsyncIterator[Browser]:
    async with chromium.browser(PLAIN_TEST) as launched:
        yield launched


@pytest_asyncio.fixture(loop_scope="session")
async def browser(one_browser: Browser) -> AsyncIterator[Browser]:
    """A headless Chromium with a fake camera and microphone, without profiles."""
    yield one_browser
    for context in one_browser.contexts:
        await context.close()


@pytest.fixture
def other_site() -> Iterator[str]:
    """A site that is not confcall's: the address of a page that has a video element."""
    with chromium.page_server("<video></video>") as address:
        yield address
