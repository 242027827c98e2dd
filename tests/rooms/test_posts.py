"""Posts as readers and programs get them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import Any

import mf2py
import pytest
from django.test import Client

from rooms.models import Background, Post, Room
from rooms.roles import VisitorPolicy

pytestmark = pytest.mark.django_db

BASE = "http://127.0.0.1:8000"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
LINK = '<a href="https://seeds.example/" rel="noopener">sow</a>'
DAY = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def make(slug: str = "spring", **values: Any) -> Post:
    given = {
        "title": "Spring <plan> & more",
        "authors": "Ann, Bo & Co",
        "html": f"<h2>Plan</h2><p>Dig &amp; {LINK}</p>",
        "markdown": "## Plan\n\nDig & [sow](https://seeds.example/)\n",
        "published": DAY,
        "updated": DAY,
    }
    return Post.objects.create(slug=slug, **given | values)


def entry(client: Client, path: str) -> Any:
    parsed = mf2py.parse(doc=client.get(path).content.decode(), url=BASE + path)
    [item] = parsed["items"]
    return item


def test_a_post_is_an_entry(client: Client, room: Room) -> None:
    make(room=room, updated=DAY + timedelta(days=1))
    item = entry(client, "/p/spring/")
    assert item["type"] == ["h-entry"]
    found = item["properties"]
    assert found["name"] == ["Spring <plan> & more"]
    assert [one["properties"]["name"] for one in found["author"]] == [["Ann"], ["Bo & Co"]]
    assert found["url"] == [f"{BASE}/p/spring/"]
    assert found["published"] == ["2026-05-04T10:00:00+0000"]
    assert found["updated"] == ["2026-05-05T10:00:00+0000"]
    assert found["content"][0]["value"].split() == ["Plan", "Dig", "&", "sow"]
    assert "<h2>Plan</h2>" in found["content"][0]["html"]
    assert "in-reply-to" not in found


def test_only_a_public_room_is_linked(client: Client, room: Room) -> None:
    make(room=room)
    assert b"garden" not in client.get("/p/spring/").content.lower()
    room.visitors = VisitorPolicy.LISTEN
    room.save()
    found = entry(client, "/p/spring/")["properties"]
    assert found["in-reply-to"] == [f"{BASE}/r/garden/"]
    room.closed = True
    room.save()
    assert b"garden" not in client.get("/p/spring/").content.lower()


def test_a_post_outlives_its_room(client: Client, room: Room) -> None:
    make(room=room)
    room.delete()
    assert client.get("/p/spring/").status_code == 200


def test_a_post_says_what_a_pasted_link_shows(client: Client, room: Room) -> None:
    room.background = Background.objects.create(
        title="Dusk", image="backgrounds/dusk.webp", width=600, height=400
    )
    room.save()
    make(room=room)
    page = client.get("/p/spring/").content.decode()
    for tag in (
        '<meta property="og:title" content="Spring &lt;plan&gt; &amp; more">',
        '<meta property="og:description" content="Dig &amp; sow">',
        f'<meta property="og:image" content="{BASE}/media/backgrounds/dusk.webp">',
        f'<link rel="webmention" href="{BASE}/webmention">',
        f'<link rel="canonical" href="{BASE}/p/spring/">',
        f'<link rel="alternate" type="text/markdown" href="{BASE}/p/spring.md">',
        f'title="Notes at 127.0.0.1:8000" href="{BASE}/p/feed.atom"',
    ):
        assert tag in page, tag
    assert "<script" not in page
    assert "noindex" not in page


def test_a_post_as_markdown(client: Client) -> None:
    make()
    response = client.get("/p/spring.md")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response.content.decode() == (
        "# Spring \\<plan> & more\n\nAnn, Bo & Co, 2026-05-04\n\n"
        "## Plan\n\nDig & [sow](https://seeds.example/)\n\nhttp://127.0.0.1:8000/p/spring/\n"
    )


def test_the_list_is_a_feed_of_entries(client: Client) -> None:
    make("old", published=DAY - timedelta(days=1))
    make("new")
    make("gone", withdrawn=True)
    feed = entry(client, "/p/")
    assert feed["type"] == ["h-feed"]
    urls = [child["properties"]["url"] for child in feed["children"]]
    assert urls == [[f"{BASE}/p/new/"], [f"{BASE}/p/old/"]]
    assert feed["children"][0]["properties"]["summary"] == ["Dig & sow"]
    Post.objects.all().delete()
    assert b"Nothing has been published yet." in client.get("/p/").content


def test_a_long_list_has_pages(client: Client) -> None:
    for number in range(21):
        make(f"post-{number}", published=DAY + timedelta(days=number))
    assert b'<a rel="next" href="?page=2">' in client.get("/p/").content
    second = client.get("/p/?page=2").content
    assert b"/p/post-0/" in second
    assert b"/p/post-1/" not in second


def test_the_feed_is_atom_with_the_whole_text(client: Client) -> None:
    make("old", published=DAY - timedelta(days=1), html="<p>a\ufffe\uffffb</p>")
    make("new", updated=DAY + timedelta(hours=1))
    make("gone", withdrawn=True)
    response = client.get("/p/feed.atom")
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(response.content)
    assert feed.findtext("a:id", namespaces=ATOM) == f"{BASE}/p/feed.atom"
    assert feed.findtext("a:updated", namespaces=ATOM) == "2026-05-04T11:00:00+00:00"
    new, old = feed.findall("a:entry", ATOM)
    assert new.findtext("a:id", namespaces=ATOM) == f"{BASE}/p/new/"
    assert new.findtext("a:title", namespaces=ATOM) == "Spring <plan> & more"
    assert [name.text for name in new.findall("a:author/a:name", ATOM)] == ["Ann", "Bo & Co"]
    content = new.find("a:content", ATOM)
    assert content is not None
    assert content.get("type") == "html"
    assert content.text == Post.objects.get(slug="new").html
    assert old.findtext("a:content", namespaces=ATOM) == "<p>ab</p>"


@pytest.mark.parametrize("path", ["/p/", "/p/spring/", "/p/spring.md", "/p/feed.atom"])
def test_what_did_not_change_is_not_sent_again(client: Client, path: str) -> None:
    post = make()
    first = client.get(path)
    assert first["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in first
    assert "Cookie" not in first.get("Vary", "")
    etag, changed = first["ETag"], first["Last-Modified"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(path, headers={"If-Modified-Since": changed}).status_code == 304
    assert client.head(path).status_code == 200
    post.title, post.markdown, post.updated = "Other", "other", DAY + timedelta(seconds=5)
    post.save()
    for header in ({"If-None-Match": etag}, {"If-Modified-Since": changed}):
        assert client.get(path, headers=header).status_code == 200


def test_a_withdrawn_post_is_gone_and_comes_back(client: Client) -> None:
    post = make(withdrawn=True)
    page = client.get("/p/spring/")
    assert page.status_code == 410
    assert b"This post was withdrawn" in page.content
    assert b"Spring" not in page.content
    assert client.get("/p/spring.md").status_code == 410
    post.withdrawn = False
    post.save()
    assert client.get("/p/spring/").status_code == 200


@pytest.mark.parametrize("path", ["/p/absent/", "/p/absent.md", "/p/feed.rss"])
def test_other_addresses_have_nothing(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_post_is_only_read(client: Client) -> None:
    make()
    for path in ("/p/", "/p/spring/", "/p/spring.md", "/p/feed.atom"):
        assert client.post(path).status_code == 405


def test_a_page_of_a_post_costs_one_query(client: Client, django_assert_num_queries: Any) -> None:
    make()
    with django_assert_num_queries(1):
        client.get("/p/spring/")
