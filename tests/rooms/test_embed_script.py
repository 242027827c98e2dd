"""The script for other sites, as any page may load it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from rooms.security import FRAME_ALLOW

MOST = 5_000  # bytes, compressed


def test_any_page_may_load_the_script_and_keep_it_for_an_hour() -> None:
    response = Client().get("/embed.js")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=3600"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Vary" not in response or "Cookie" not in response["Vary"]
    assert not response.cookies
    assert b"customElements.define('conf-call'" in response.content


def test_a_browser_that_has_the_script_gets_no_second_copy() -> None:
    tag = Client().get("/embed.js")["ETag"]
    again = Client().get("/embed.js", HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again["Access-Control-Allow-Origin"] == "*"
    assert again["Cache-Control"] == "public, max-age=3600"


def test_the_script_arrives_compressed_where_a_browser_takes_it() -> None:
    plain, zipped = (
        Client().get("/embed.js", HTTP_ACCEPT_ENCODING=taken) for taken in ("br", "br, gzip")
    )
    assert "Content-Encoding" not in plain
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content
    assert plain["ETag"] != zipped["ETag"]
    assert "Accept-Encoding" in zipped["Vary"]
    assert len(zipped.content) <= MOST


def test_the_types_are_beside_the_script() -> None:
    response = Client().get("/embed.d.ts")
    assert response.status_code == 200
    assert b"'conf-call': ConfCallElement" in response.content


@pytest.mark.parametrize("page", ["docs/embedding.md", "demo/blog/index.html"])
def test_every_snippet_lets_the_frame_do_the_same(page: str) -> None:
    text = Path(settings.BASE_DIR, page).read_text(encoding="utf-8")
    found = [" ".join(value.split()) for value in re.findall(r'allow="([^"]*)"', text)]
    assert found
    assert set(found) == {FRAME_ALLOW}


def test_the_element_lets_its_frame_do_the_same() -> None:
    text = Client().get("/embed.js").content.decode()
    listed = re.search(r"const ALLOW = \[(.*?)\]", text, re.DOTALL)
    assert listed
    assert "; ".join(re.findall(r"'([a-z-]+)'", listed[1])) == FRAME_ALLOW


@pytest.mark.parametrize("path", ["/e/r/garden/", "/e/i/token/", "/e/d/garden/"])
@pytest.mark.parametrize("method", ["post", "put"])
def test_other_methods_at_a_card_get_a_plain_answer(path: str, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert getattr(client, method)(path).status_code == 405
