"""Which sites may show a room in a frame, and what a page in a frame may know."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import Client

from rooms.entry import framing, passes
from rooms.models import Room
from rooms.roles import Role, VisitorPolicy

LISTED = "https://blog.example.org\nhttp://127.0.0.1:4000"
SOURCES = ["'self'", "https://blog.example.org", "http://127.0.0.1:4000"]


def may_frame(response: Any) -> list[str]:
    found = re.search(r"frame-ancestors ([^;]*)", response["Content-Security-Policy"])
    assert found
    return found[1].split()


@pytest.mark.parametrize(
    ("line", "origin"),
    [
        ("https://blog.example.org", "https://blog.example.org"),
        ("  HTTPS://Blog.Example.ORG/ ", "https://blog.example.org"),
        ("https://blog.example.org:443", "https://blog.example.org"),
        ("http://blog.example.org:80/", "http://blog.example.org"),
        ("https://blog.example.org:80", "https://blog.example.org:80"),
        ("https://blog.example.org:", "https://blog.example.org"),
        ("https://blog.example.org:08443", "https://blog.example.org:8443"),
        ("http://localhost:4000", "http://localhost:4000"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://例え。テスト", "https://xn--r8jz45g.xn--zckzah"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(line: str, origin: str) -> None:
    assert framing.parse(line) == origin
    assert framing.parse(origin) == origin


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("blog.example.org", "Begin with https://"),
        ("//blog.example.org", "Begin with https://"),
        ("https:blog.example.org", "Begin with https://"),
        ("ftp://blog.example.org", "must begin with https://"),
        ("javascript://blog.example.org", "must begin with https://"),
        ("https://blog.example.org/post", "as in https://blog.example.org"),
        ("https://blog.example.org?a", "Leave out everything after"),
        ("https://blog.example.org/#a", "Leave out everything after"),
        (r"https://blog.example.org\@evil.example", "Leave out everything after"),
        ("https://*.example.org", "“*” is not possible"),
        ("*", "“*” is not possible"),
        ("https://blog.example.org:*", "“*” is not possible"),
        ("null", "“null”"),
        ("'none'", "Begin with https://"),
        ("https://ann:secret@blog.example.org", "user name"),
        ("https://blog.example.org:99999", "from 1 to 65535"),
        ("https://blog.example.org:0", "from 1 to 65535"),
        ("https://blog.example.org:80a", "not a port"),
        ("https://blog.example.org:٣", "not a port"),
        ("https://[2001:db8::1]", "IPv6"),
        ("https://", "not the name of a site"),
        ("https://-a.example", "not the name of a site"),
        ("https://a..example", "not the name of a site"),
        ("https://blog.example.org.", "not the name of a site"),
        ("https://blog example.org", "one site on each line"),
        ("https://blog.example.org; script-src *", "“*” is not possible"),
        ("https://blog.example.org; report-uri", "one site on each line"),
        ("https://blog.example.org,https://b.example", "one site on each line"),
        ('https://"blog".example.org', "not the name of a site"),
        ("https://bl\u200bog.example.org", "not the name of a site"),
        ("https://blog.example.org\u202e", "not the name of a site"),
        ("https://" + "a" * 64 + ".example", "not the name of a site"),
        ("https://" + "a." * 60 + "example", "longer than 120"),
        ("https://1.2.3", "IP address"),
        ("https://0x7f", "IP address"),
        ("https://300.1.1.1", "IP address"),
    ],
)
def test_a_bad_line_says_what_to_write(line: str, says: str) -> None:
    with pytest.raises(framing.BadOrigin, match=re.escape(says)):
        framing.parse(line)
    assert framing.origins(line) == []
    with pytest.raises(ValidationError) as problem:
        framing.clean(f"\nhttps://good.example\n{line}\n")
    [message] = problem.value.messages
    assert message.startswith("Line 3, “")
    assert says in message


def test_the_text_is_tidied_and_each_site_is_kept_once() -> None:
    text = "https://b.example/\r\n\r\n https://a.example \nhttps://B.example:443\n"
    assert framing.clean(text) == "https://b.example\nhttps://a.example"
    assert framing.clean(" \n ") == ""


def test_there_is_a_message_for_each_bad_line_and_a_limit_for_good_ones() -> None:
    with pytest.raises(ValidationError) as problem:
        framing.clean("null\nhttps://a.example\nb.example")
    assert [message[:6] for message in problem.value.messages] == ["Line 1", "Line 3"]
    many = "\n".join(f"https://a{number}.example" for number in range(51))
    with pytest.raises(ValidationError, match="at most 50"):
        framing.clean(many)
    assert len(framing.origins(many)) == 50
    with pytest.raises(ValidationError) as problem:
        framing.clean("x\n" * 5000)
    assert len(problem.value.messages) == 50


def test_a_stored_text_never_adds_a_directive_to_the_header() -> None:
    room = Room(embed_origins="https://a.example; script-src *\nhttps://b.example\n'unsafe-inline'")
    assert framing.ancestors(room) == "'self' https://b.example"


def paths(room: Room) -> list[str]:
    """The pages of a room."""
    invite = room.invites.create()
    notes = [f"/n/{key}/" for key in (room.notes_key, room.notes_read_key)]
    return [room.get_absolute_url(), invite.get_absolute_url(), *notes]


def test_listed_sites_may_frame_the_pages_of_a_room(client: Client, room: Room) -> None:
    Room.objects.update(visitors=VisitorPolicy.SPEAK, embed_origins=LISTED)
    for path in paths(room):
        page = client.get(path, headers={"Sec-Fetch-Dest": "iframe"})
        assert page.status_code == 200
        assert may_frame(page) == SOURCES, path
        assert "X-Frame-Options" not in page
    Room.objects.update(embed_origins="")
    for path in paths(room):
        page = client.get(path)
        assert may_frame(page) == ["'self'"]
        assert page["X-Frame-Options"] == "SAMEORIGIN"


def test_refusals_of_a_room_show_in_the_frame_too(
    client: Client, room: Room, clean_redis: Any
) -> None:
    by_invite = room.invites.create().get_absolute_url()
    Room.objects.update(visitors=VisitorPolicy.SPEAK, embed_origins=LISTED)
    for change, status in (({"locked": True}, 423), ({"closed": True}, 410)):
        Room.objects.update(**change)
        for path in ("/r/garden/", by_invite):
            page = client.get(f"{path}?frame")
            assert page.status_code == status
            assert may_frame(page) == SOURCES
            # The front page does not open in a frame.
            assert 'href="/"' not in page.content.decode()
    waits = Room.objects.create(slug="office", visitors="speak", opens_with_owner=True)
    page = client.get(f"{waits.get_absolute_url()}?frame")
    assert (page.status_code, may_frame(page)) == (403, ["'self'"])
    locked = Room.objects.create(
        slug="locked", visitors="speak", locked=True, embed_origins="https://a.example"
    )
    html = client.get(f"{locked.get_absolute_url()}?frame").content.decode()
    assert 'href="/r/locked/?frame"' in html


def test_a_room_that_strangers_may_not_know_looks_as_if_it_were_not_there(
    client: Client, room: Room
) -> None:
    Room.objects.update(visitors=VisitorPolicy.NOTHING, embed_origins=LISTED)
    for query in ("", "?frame"):
        hidden, absent = (client.get(f"/r/{slug}/{query}") for slug in ("garden", "absent"))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.content == absent.content
        assert {**hidden.headers, "Expires": ""} == {**absent.headers, "Expires": ""}
        assert may_frame(hidden) == ["'none'"]


def test_no_other_page_may_be_framed(client: Client, room: Room) -> None:
    Room.objects.update(visitors=VisitorPolicy.SPEAK, embed_origins=LISTED)
    client.force_login(get_user_model().objects.create_superuser("owner", password="x"))
    admin = [f"/admin/rooms/room/{room.pk}/change/", "/admin/", "/admin/rooms/room/live/"]
    for path in [*admin, "/", "/?frame", "/health/", "/nowhere/?frame", "/r/garden/x/?frame"]:
        page = client.get(path, headers={"Sec-Fetch-Dest": "iframe"})
        assert may_frame(page) == ["'none'"], path
        assert page["X-Frame-Options"] == "DENY", path


@pytest.mark.parametrize(
    ("query", "headers"),
    [("?frame", {}), ("", {"Sec-Fetch-Dest": "iframe"}), ("", {"Sec-Fetch-Dest": "object"})],
)
def test_in_a_frame_no_cookie_counts_and_none_is_set(
    client: Client, room: Room, query: str, headers: dict[str, str]
) -> None:
    Room.objects.update(visitors=VisitorPolicy.LISTEN, embed_origins=LISTED)
    client.force_login(get_user_model().objects.create_superuser("owner", password="x"))
    invite = room.invites.create(role="moderator")
    held = passes.Pass(room.pk, Role.MODERATOR, invite.pk, "ann", "Ann")
    client.cookies["pass-garden"] = passes.issue(held)
    assert config(client.get("/r/garden/"))["role"] == "owner"
    page = client.get(f"/r/garden/{query}", headers=headers)
    assert (config(page)["role"], config(page)["name"]) == ("listener", "")
    assert not page.cookies
    assert "Cookie" not in page.get("Vary", "")
    page = client.get(f"{invite.get_absolute_url()}{query}", headers=headers)
    renewed = passes.read(config(page)["pass"])
    assert renewed is not None
    assert renewed.person != "ann"
    assert not page.cookies
    Room.objects.update(visitors=VisitorPolicy.NOTHING)
    assert client.get("/r/garden/").status_code == 200
    assert client.get(f"/r/garden/{query}", headers=headers).status_code == 404


def test_a_page_in_a_frame_hands_its_pass_back_by_itself(client: Client, room: Room) -> None:
    path = f"{room.invites.create().get_absolute_url()}?frame"
    # What Chromium and Firefox send when a document in a frame posts to itself.
    headers = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}
    first = config(client.get(path, headers=headers))["pass"]
    again = client.post(path, {"pass": first}, headers=headers)
    before, after = passes.read(first), passes.read(config(again)["pass"])
    assert before is not None
    assert after is not None
    assert before.person == after.person
    assert not again.cookies


def test_the_page_knows_the_sites_that_may_frame_it(client: Client, room: Room) -> None:
    Room.objects.update(
        visitors=VisitorPolicy.SPEAK, embed_origins=LISTED + "\nnonsense", embed_names=True
    )
    assert config(client.get("/r/garden/"))["embed"] == {"origins": SOURCES[1:], "names": True}


def config(page: Any) -> dict[str, Any]:
    found = re.search(r'<script id="config"[^>]*>(.*?)</script>', page.content.decode(), re.DOTALL)
    assert found
    values: dict[str, Any] = json.loads(found[1])
    return values
