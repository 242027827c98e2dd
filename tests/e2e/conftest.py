"""A whole confcall as its README starts it, and real browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser

from tools import chromium, product
from tools.product import Confcall

# A name that browsers do not hold for secure, as they do loopback.
PLAIN_TEST = "--host-resolver-rules=MAP plain.test 127.0.0.1"


@pytest.fixture(scope="session")
def confcall() -> Iterator[Confcall]:
    """One product for all tests: each makes rooms of its own."""
    port = product.free_port(4)
    place = {"PORT": str(port), "SFU_PORT": str(port + 1)}
    with product.confcall(EXTRA_HOSTS=f"plain.test:{port}", **place) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium with a fake camera and microphone."""
    async with chromium.browser(PLAIN_TEST) as launched:
        yield launched


@pytest.fixture
def other_site() -> Iterator[str]:
    """A site that is not confcall's: the address of a page that has a video element."""
    with chromium.page_server("<video></video>") as address:
        yield address
