"""The script for other sites, as any page may load it."""

from __future__ import annotations

import gzip

from django.test import Client

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


def test_the_script_is_small() -> None:
    assert len(gzip.compress(Client().get("/embed.js").content, 6)) <= MOST


def test_the_types_are_beside_the_script() -> None:
    response = Client().get("/embed.d.ts")
    assert response.status_code == 200
    assert b"'conf-call': ConfCallElement" in response.content
