"""Cards that are answered without Django, while they are hot."""

from __future__ import annotations

from typing import Any

import pytest

from confcall import hot_cards
from confcall.hot_cards import HotCards

HOST = (b"host", b"call.example.org")


class Site:
    """Counts what Django is asked. ``parts``: how much it says before its reader goes away."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.parts = 3

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.asked += 1
        messages: list[dict[str, Any]] = [
            {"type": "http.response.start", "status": self.status, "headers": []},
            {"type": "http.response.body", "body": b"", "more_body": True},
            {"type": "http.response.body", "body": b"card %d" % self.asked},
        ]
        for message in messages[: self.parts]:
            await send(message)


async def ask(app: HotCards, path: str = "/e/r/tea/", **more: Any) -> bytes:
    said: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"method": "GET", "scheme": "http", "path": path, "query_string": b""}
    await app({**scope, "headers": [HOST], **more}, None, send)
    body: bytes = said[-1].get("body", b"") if said else b""
    return body


async def test_a_hot_card_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site()
    app = HotCards(site)
    assert {await ask(app) for _ in range(5)} == {b"card 1"}
    monkeypatch.setattr(hot_cards, "KEPT_SECONDS", -1.0)
    assert await ask(app) == b"card 2"


@pytest.mark.parametrize("parts", [0, 1, 2])
async def test_an_answer_that_was_cut_off_is_for_nobody_else(parts: int) -> None:
    site = Site()
    app = HotCards(site)
    site.parts = parts
    await ask(app)
    site.parts = 3
    assert await ask(app) == b"card 2"


@pytest.mark.parametrize(
    "more",
    [
        {"path": "/r/tea/"},
        {"method": "POST"},
        {"method": "HEAD"},
        {"headers": [HOST, (b"if-none-match", b'"x"')]},
    ],
)
async def test_all_else_goes_to_django(more: dict[str, Any]) -> None:
    site = Site()
    app = HotCards(site)
    for _ in range(2):
        await ask(app, **more)
    assert site.asked == 2


async def test_host_and_scheme_have_answers_of_their_own() -> None:
    site = Site()
    app = HotCards(site)
    await ask(app)
    await ask(app, headers=[(b"host", b"other.example.org")])
    await ask(app, headers=[HOST, (b"x-forwarded-proto", b"https")])
    await ask(app, scheme="https")
    assert site.asked == 4


async def test_each_language_has_its_own_answer() -> None:
    app = HotCards(Site())
    german, french = (b"accept-language", b"de-AT,de"), (b"accept-language", b"fr")
    assert await ask(app) == b"card 1"
    assert await ask(app, headers=[HOST, german]) == b"card 2"
    assert await ask(app, headers=[HOST, german]) == b"card 2"
    assert await ask(app, headers=[HOST, french]) == b"card 1"


async def test_nothing_made_up_pushes_a_hot_card_out() -> None:
    site = Site()
    app = HotCards(site)
    for number in range(3 * hot_cards.MOST):
        await ask(app, query_string=b"%d" % number)
        await ask(app, headers=[(b"host", b"call.example.org:%d" % number)])
        await ask(app, headers=[HOST, (b"x-forwarded-proto", b"%d" % number)])
    assert site.asked == 1
    assert len(app._kept) == 1


async def test_what_is_not_found_is_asked_again_and_memory_is_bounded() -> None:
    site = Site()
    app = HotCards(site)
    site.status = 404
    await ask(app)
    await ask(app)
    assert site.asked == 2
    site.status = 200
    for number in range(3 * hot_cards.MOST):
        await ask(app, f"/e/r/{number}/")
    assert len(app._kept) <= hot_cards.MOST
