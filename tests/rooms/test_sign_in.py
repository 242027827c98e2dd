"""Signing in with one's own site, from the form to the room, against a site over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

import pytest
from django.test import Client

from rooms.entry import passes
from rooms.entry.passes import Pass
from rooms.models import Room, SignIn, SiteProfile
from rooms.roles import VisitorPolicy
from rooms.views.sites import sign_in
from tests.sites.indieauth import HTML, JSON, Identity, serve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture
def room() -> Room:
    return Room.objects.create(
        slug="garden", title="Garden", visitors=VisitorPolicy.SPEAK, sign_in=SignIn.OFFERED
    )


@pytest.fixture
def ann(settings: Any) -> Iterator[Identity]:
    with serve() as site:
        site.asks_client = False
        settings.FETCH_PRIVATE = [site.base.removeprefix("http://")]
        yield site


def begin(client: Client, site: str, slug: str = "garden") -> Any:
    return client.post("/sign-in/", {"room": slug, "site": site})


def onward(page: Any) -> str:
    """Where the page goes on to by itself, which its button says too."""
    assert page.status_code == 200, page.content
    html = page.content.decode()
    [by_itself] = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', html)
    assert html.count(by_itself) == 2
    return unescape(by_itself)


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def agree(url: str) -> str:
    """Open the server as a browser would; return where it sends the browser back to."""
    from urllib.error import HTTPError

    with pytest.raises(HTTPError) as caught:
        build_opener(ProxyHandler({}), _Stay()).open(url, timeout=10)
    assert caught.value.code == 302
    back = urlsplit(caught.value.headers["Location"])
    return f"{back.path}?{back.query}"


def signed_in(client: Client, ann: Identity, slug: str = "garden") -> Any:
    return client.get(agree(onward(begin(client, ann.base, slug))))


def held(client: Client, slug: str = "garden") -> Pass | None:
    morsel = client.cookies.get(passes.cookie_name(slug))
    return passes.read(morsel.value) if morsel else None


def test_the_lobby_offers_it_and_then_says_who_is_signed_in(
    client: Client, room: Room, ann: Identity
) -> None:
    lobby = client.get("/r/garden/?enter").content.decode()
    assert 'form="sign-in-form">Sign in with your site</button>' in lobby
    before = held(client)
    response = signed_in(client, ann)
    assert (response.status_code, response["Location"]) == (302, "/r/garden/")
    pass_ = held(client)
    assert pass_ is not None
    assert before is not None
    assert (pass_.me, pass_.name, pass_.person) == (ann.base + "/", "Ann Example", before.person)
    profile = SiteProfile.objects.get()
    assert profile.photo.read(4) == b"RIFF"
    page = client.get("/r/garden/?enter").content.decode()
    assert f"Signed in as {urlsplit(ann.base).netloc}" in page
    assert f'src="{profile.photo.url}"' in page
    assert 'value="Ann Example"' in page
    assert client.get(profile.photo.url)["Content-Type"] == "image/webp"
    out = client.post("/sign-in/out/", {"room": "garden"})
    assert out["Location"] == "/r/garden/"
    assert (pass_ := held(client)) is not None
    assert (pass_.me, pass_.name, pass_.person) == ("", "", before.person)


def test_a_room_that_is_off_shows_nothing_of_it(client: Client, room: Room) -> None:
    Room.objects.update(sign_in=SignIn.OFF)
    assert b"sign-in" not in client.get("/r/garden/?enter").content


def test_what_goes_to_the_other_site_says_nothing_of_room_or_invite(
    client: Client, room: Room, ann: Identity
) -> None:
    Room.objects.update(sign_in=SignIn.REQUIRED, visitors=VisitorPolicy.NOTHING)
    invite = room.invites.create()
    page = client.get(f"/i/{invite.token}/?enter")
    assert page.status_code == 403
    assert "Your site" in page.content.decode()
    go = begin(client, ann.base)
    url = onward(go)
    query = parse_qs(urlsplit(url).query)
    assert set(query) == {
        "response_type", "client_id", "redirect_uri", "state", "code_challenge",
        "code_challenge_method", "scope", "me",
    }  # fmt: skip
    for secret in (invite.token, "garden", passes.cookie_name("garden")):
        assert secret not in url
    assert go["Referrer-Policy"] == "no-referrer"
    cookie = client.cookies[sign_in.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/sign-in/")
    assert invite.token not in cookie.value
    assert client.get(agree(url))["Location"] == "/r/garden/"
    page = client.get("/r/garden/?enter")
    assert page.status_code == 200
    assert page.context["config"]["role"] == "speaker"


def test_names_and_photos_come_from_the_servers_answer_first(
    client: Client, room: Room, ann: Identity
) -> None:
    ann.profile = {"name": " Ann\u202e  Server ", "photo": "/photo.png", "email": "no@a.example"}
    signed_in(client, ann)
    assert SiteProfile.objects.get().name == "Ann Server"
    asked = len(ann.asked)
    ann.profile = {"name": 5, "photo": "javascript:x"}
    first = SiteProfile.objects.get().photo
    signed_in(client, ann)
    again = SiteProfile.objects.get()
    assert again.name == "Ann Example"
    assert again.photo.name != first.name
    assert not first.storage.exists(str(first.name))
    assert len(ann.asked) > asked


@pytest.mark.parametrize("photo", [(404, HTML, b""), (200, HTML, b"<svg/>"), None])
def test_without_a_usable_photo_they_are_signed_in_all_the_same(
    client: Client, room: Room, ann: Identity, photo: Any
) -> None:
    if photo:
        ann.answers["/photo.png"] = photo
    else:
        ann.profile = {"name": "Ann Example", "photo": "http://127.0.0.1:9/photo.png"}
    assert signed_in(client, ann)["Location"] == "/r/garden/"
    assert (SiteProfile.objects.get().photo.name, SiteProfile.objects.get().name) == (
        "", "Ann Example",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda q: q.replace("state=", "state=x"), 403),
        (lambda q: q.replace("iss=", "iss=x"), 403),
        (lambda q: q.replace("iss=", "other="), 403),
        (lambda q: q.replace("code=", "code=x"), 403),
        (lambda q: q.replace("code=", "other="), 403),
        (lambda q: "/sign-in/back/", 403),
    ],
)
def test_an_answer_that_was_changed_signs_nobody_in(
    client: Client, room: Room, ann: Identity, change: Any, status: int
) -> None:
    back = agree(onward(begin(client, ann.base)))
    response = client.get(change(back))
    assert response.status_code == status
    assert not SiteProfile.objects.exists()
    assert held(client) is None
    # The cookie has served: the true answer comes too late.
    assert client.get(back).status_code == 403


def test_an_answer_counts_once_and_in_the_browser_that_asked(
    client: Client, room: Room, ann: Identity
) -> None:
    back = agree(onward(begin(client, ann.base)))
    cookie = client.cookies[sign_in.COOKIE].value
    assert Client().get(back).status_code == 403
    assert client.get(back).status_code == 302
    thief = Client()
    thief.cookies[sign_in.COOKIE] = cookie
    code = "POST /auth"
    before = ann.asked.count(code)
    assert thief.get(back).status_code == 403
    assert ann.asked.count(code) == before


def test_a_server_that_names_somebody_else_signs_nobody_in(
    client: Client, room: Room, ann: Identity
) -> None:
    ann.me = "https://ben.example/"
    ann.answers["/about"] = (200, HTML, b"nobody")
    assert signed_in(client, ann).status_code == 403
    ann.me = ann.base + "/about"
    assert signed_in(client, ann).status_code == 403
    assert not SiteProfile.objects.exists()


def test_each_failure_has_a_page_of_its_own_with_one_button(
    client: Client, room: Room, ann: Identity
) -> None:
    client.get("/r/garden/?enter")
    ann.approves = False
    pages = {
        "bad_address": begin(client, "not a site"),
        "no_site": begin(client, "http://nothing.invalid/"),
        "cancelled": signed_in(client, ann),
    }
    ann.answers["/"] = (200, HTML, b"<p>A page")
    pages["no_indieauth"] = begin(client, ann.base)
    pages["mismatch"] = client.get("/sign-in/back/?code=x&state=y")
    titles = set()
    for name, page in pages.items():
        html = page.content.decode()
        assert page.status_code in (400, 403, 422, 424), name
        assert page.context["name"] == name
        assert html.count('class="button') == 1
        assert ('href="/r/garden/"' in html) is (name != "mismatch")
        titles.add(page.context["page"].title)
    assert len(titles) == len(pages)


def test_too_many_are_held_back_and_told_when_to_come_again(
    client: Client, room: Room, ann: Identity
) -> None:
    ann.answers["/"] = (404, HTML, b"")
    answers = [begin(client, ann.base).status_code for _ in range(32)]
    assert answers.count(424) == 30
    last = begin(client, ann.base)
    assert (last.status_code, int(last["Retry-After"]) > 0) == (429, True)
    taken = [sign_in._places.acquire(blocking=False) for _ in range(sign_in.AT_ONCE)]
    try:
        assert all(taken)
        assert begin(client, ann.base, "other").status_code == 429
    finally:
        for _ in taken:
            sign_in._places.release()


def test_another_site_starts_and_ends_nothing(client: Client, room: Room, ann: Identity) -> None:
    signed_in(client, ann)
    asked = len(ann.asked)
    for address in ("/sign-in/", "/sign-in/out/"):
        for origin in ("cross-site", "same-site"):
            response = client.post(
                address, {"room": "garden", "site": ann.base}, headers={"Sec-Fetch-Site": origin}
            )
            assert response["Location"] == "/"
    assert len(ann.asked) == asked
    assert (pass_ := held(client)) is not None
    assert pass_.me


@pytest.mark.parametrize("slug", ["", "\0", "gar\0den", "GARDEN", "a" * 64])
def test_signing_out_of_what_is_no_room_asks_no_database(
    client: Client, slug: str, django_assert_num_queries: Any
) -> None:
    # PostgreSQL refuses a query with a zero byte in it.
    with django_assert_num_queries(0):
        assert client.post("/sign-in/out/", {"room": slug})["Location"] == "/"


def test_a_stranger_learns_nothing_and_a_member_of_an_admitted_site_comes_in(
    client: Client, room: Room, ann: Identity
) -> None:
    Room.objects.update(visitors=VisitorPolicy.NOTHING, admitted_domains="other.example")
    assert client.get("/r/garden/?enter").content == client.get("/r/absent/?enter").content
    assert b'href="sign-in/"' in client.get("/r/garden/?enter").content
    forms = [client.get(f"/r/{slug}/sign-in/").content.decode() for slug in ("garden", "absent")]
    assert forms[0] == forms[1].replace("absent", "garden")
    for slug in ("garden", "absent"):
        answer = signed_in(client, ann, slug)
        assert (answer.status_code, answer["Location"]) == (302, f"/r/{slug}/")
        assert set(answer.cookies) == {sign_in.COOKIE}
    assert not SiteProfile.objects.exists()
    Room.objects.update(admitted_domains="127.0.0.1")
    signed_in(client, ann)
    page = client.get("/r/garden/?enter")
    assert (page.status_code, page.context["config"]["role"]) == (200, "speaker")
    Room.objects.update(banned_domains="127.0.0.1")
    assert client.get("/r/garden/?enter").status_code == 403


def test_in_a_frame_the_sign_in_opens_in_a_tab_of_its_own(client: Client, room: Room) -> None:
    for mode, status in ((SignIn.OFFERED, 200), (SignIn.REQUIRED, 403)):
        Room.objects.update(sign_in=mode)
        page = client.get("/r/garden/?frame")
        html = page.content.decode()
        assert page.status_code == status
        assert 'name="site"' not in html
        assert re.search(r'href="/r/garden/"\s+target="_blank"', html)
        assert "its own tab" in html
        assert not page.cookies


def test_the_client_describes_itself(client: Client, settings: Any) -> None:
    said = client.get("/sign-in/client.json").json()
    assert said["client_id"] == settings.SITE_URL + "/sign-in/client.json"
    assert said["redirect_uris"] == [settings.SITE_URL + "/sign-in/back/"]
    assert client.get("/sign-in/")["Location"] == "/"
    assert JSON["Content-Type"] == "application/json"
