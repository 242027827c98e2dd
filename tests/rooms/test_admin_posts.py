"""The owner publishes notes in the admin, changes and withdraws the post."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from rooms.models import Attendance, Call, Post, Room, Webmention
from rooms.posts import micropub, publishing
from tests.rooms.written_notes import write
from tests.sites.micropub import TOKEN, Blog
from tests.sites.server import Server

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 4, 18, 0, tzinfo=UTC)


@pytest.fixture
def call(room: Room) -> Call:
    call = Call.objects.create(room=room, epoch="e1", started=MAY)
    for number, name in enumerate(["Bo", "Ann, the host", "", "Bo"]):
        Attendance.objects.create(call=call, participant=str(number), name=name, came=MAY)
    return call


@pytest.fixture
def blog(settings: Any) -> Iterator[Blog]:
    server = Server()
    blog = Blog(server)
    settings.FETCH_PRIVATE = [server.netloc]
    settings.MICROPUB_URL, settings.MICROPUB_TOKEN = blog.endpoint, TOKEN
    yield blog
    server.close()


def publish_page(room: Room) -> str:
    return f"/admin/rooms/post/publish/?room={room.pk}"


def publish(owner: Client, page: str, **changes: Any) -> Any:
    """Read the page and press its button."""
    initial = owner.get(page).context["form"].initial
    return owner.post(page, initial | changes, follow=True)


def text(response: Any) -> str:
    return str(response.content.decode())


def press(owner: Client, post: Post, button: str = "_continue", **changes: Any) -> Any:
    """Change some fields on the post's page and press a button."""
    form = {
        "title": post.title,
        "authors": post.authors,
        "html": post.html,
        "published_0": "2026-05-05",
        "published_1": "10:00:00",
    }
    page = f"/admin/rooms/post/{post.pk}/change/"
    return owner.post(page, form | changes | {button: "1"}, follow=True)


def test_the_notes_of_a_room_become_a_post(owner: Client, room: Room, call: Call) -> None:
    write(room, [("We dig\n", None)])
    change = text(owner.get(f"/admin/rooms/room/{room.pk}/change/"))
    assert f'<a href="{publish_page(room)}">' in change
    page = owner.get(publish_page(room))
    assert "<p>We dig</p>" in text(page)
    assert page.context["form"].initial["title"] == "Garden, 4 May 2026"
    assert page.context["form"].initial["authors"] == "Bo, Ann  the host"
    done = publish(owner, publish_page(room), authors="Bo, Ann")
    post = Post.objects.get()
    assert "“Garden, 4 May 2026” is published" in text(done)
    assert (post.slug, post.authors, post.html) == ("garden-4-may-2026", "Bo, Ann", "<p>We dig</p>")
    assert (post.room, post.markdown) == (room, "We dig\n")
    assert "We dig" in text(Client().get("/p/garden-4-may-2026/"))
    assert owner.get(publish_page(room)).context["form"].initial["slug"] == "garden-4-may-2026-2"


def test_a_call_is_published_as_it_was_at_its_end(owner: Client, room: Room, call: Call) -> None:
    write(room, [("later\n", None)])
    Call.objects.update(notes_html="<p>at the end</p>")
    page = f"/admin/rooms/post/publish/?call={call.pk}"
    assert f'<a href="{page}">' in text(owner.get(f"/admin/rooms/call/{call.pk}/change/"))
    publish(owner, page)
    post = Post.objects.get()
    assert (post.html, post.call) == ("<p>at the end</p>", call)


def test_two_clicks_at_once_make_one_post(owner: Client, room: Room) -> None:
    write(room, [("We dig\n", None)])
    form = owner.get(publish_page(room)).context["form"].initial
    for _click in range(2):
        assert owner.post(publish_page(room), form).status_code == 302
    assert Post.objects.count() == 1
    other = owner.post(publish_page(room), form | {"html": "<p>other</p>"})
    assert "Another post has this address" in text(other)
    assert Post.objects.get().html == "<p>We dig</p>"


def test_what_the_form_brings_is_sanitised(owner: Client, room: Room) -> None:
    write(room, [("We dig\n", None)])
    form = owner.get(publish_page(room)).context["form"].initial
    bad = form | {"html": "<p>a<script>alert(1)</script><img src=x onerror=x></p>", "slug": "No!"}
    again = text(owner.post(publish_page(room), bad))
    assert "<script>alert" not in again
    assert "<img" not in again
    assert not Post.objects.exists()
    owner.post(publish_page(room), bad | {"slug": "fine"})
    assert Post.objects.get().html == "<p>a</p>"


def test_links_that_let_people_in_are_left_out(owner: Client, room: Room) -> None:
    invite = room.invites.create()
    secret = f"http://127.0.0.1:8000/i/{invite.token}/"
    write(room, [(f"Come: {secret} or https://a.example/i/{invite.token[:20]}\n", None)])
    page = owner.get(publish_page(room))
    assert "The notes have a link that lets people" in text(page)
    assert invite.token not in text(page)
    assert f"https://a.example/i/{invite.token[:20]}" in text(page)


@pytest.mark.parametrize(
    "site",
    ["Https://call.example.org/", "call.example.org/", "https://call.example.org:443//",
     "https://call.example.org/e/"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["i", "n"])
def test_a_link_that_lets_people_in_is_found_as_people_write_it(
    settings: Any, site: str, kind: str
) -> None:
    settings.SITE_ORIGINS = ["https://call.example.org"]
    html, count = publishing.without_secrets(f"<p>Come to {site}{kind}/{'A1_-' * 5}/ now</p>")
    assert count == 1
    assert "A1_-" not in html
    assert html.endswith(" now</p>")
    other = f"<p>Not {site.replace('call', 'recall')}{kind}/{'A1_-' * 5}/</p>"
    assert publishing.without_secrets(other) == (other, 0)


def test_a_link_that_is_its_own_text_is_one_link(settings: Any) -> None:
    link = f"{settings.SITE_ORIGINS[0]}/i/{'A1_-' * 5}/"
    _html, count = publishing.without_secrets(f'<a href="{link}">{link}</a>')
    assert count == 1


def test_empty_notes_are_one_clear_message(owner: Client, room: Room, settings: Any) -> None:
    page = owner.get(publish_page(room), follow=True)
    assert "The notes are empty, so there is nothing to publish yet." in text(page)
    settings.ETHERPAD_URL = settings.ETHERPAD_API_URL = "http://127.0.0.1:1"
    Room.objects.update(pad_id="garden-1")
    page = owner.get(publish_page(room), follow=True)
    assert "Etherpad does not answer" in text(page)


def mentioned() -> set[tuple[str, str]]:
    return set(Webmention.objects.filter(incoming=False).values_list("source", "target"))


def test_sites_that_a_post_links_to_are_told(owner: Client, room: Room) -> None:
    write(room, [("See https://a.example/1 and https://b.example/2\n", None)])
    publish(owner, publish_page(room), slug="spring")
    source = "http://127.0.0.1:8000/p/spring/"
    assert mentioned() == {(source, "https://a.example/1"), (source, "https://b.example/2")}
    Webmention.objects.all().delete()
    # Also those that are no longer linked to.
    press(owner, Post.objects.get(), html='<p><a href="https://c.example/">c</a></p>')
    targets = {target for _source, target in mentioned()}
    assert targets == {"https://a.example/1", "https://b.example/2", "https://c.example/"}


@pytest.mark.parametrize(
    "query", ["", "?room=0", "?room=x", "?room=²", "?call=7", "?call=x", "?call=" + "9" * 5000]
)
def test_notes_of_nothing_are_not_found(owner: Client, query: str) -> None:
    assert owner.get(f"/admin/rooms/post/publish/{query}").status_code == 404


def test_the_permissions_of_the_admin_count(client: Client, room: Room) -> None:
    write(room, [("We dig\n", None)])
    user = get_user_model().objects.create_user("helper", password="x", is_staff=True)
    client.force_login(user)
    user.user_permissions.add(Permission.objects.get(codename="change_room"))
    assert client.get(publish_page(room)).status_code == 403
    assert client.post(publish_page(room), {}).status_code == 403
    assert "Publish the notes" not in text(client.get(f"/admin/rooms/room/{room.pk}/change/"))
    user.user_permissions.add(Permission.objects.get(codename="add_post"))
    assert publish(client, publish_page(room)).status_code == 200
    post = Post.objects.get()
    for page in ("change", "update", "copy"):
        assert client.get(f"/admin/rooms/post/{post.pk}/{page}/").status_code == 403
    assert Client().get(publish_page(room)).status_code == 302


def made(room: Room, **values: Any) -> Post:
    given = {"title": "Spring", "authors": "Ann", "html": "<p>old</p>", "markdown": "old\n"}
    return Post.objects.create(
        room=room, slug="spring", **{"published": MAY, "updated": MAY} | given | values
    )


def test_a_post_is_withdrawn_and_published_again(owner: Client, room: Room) -> None:
    post = made(room)
    page = f"/admin/rooms/post/{post.pk}/change/"
    assert 'name="_withdraw"' in text(owner.get(page))
    assert "The post is withdrawn" in text(press(owner, post, "_withdraw"))
    assert Client().get("/p/spring/").status_code == 410
    assert "spring" not in text(Client().get("/p/feed.atom"))
    assert 'name="_again"' in text(owner.get(page))
    assert "published again" in text(press(owner, post, "_again"))
    assert Client().get("/p/spring/").status_code == 200
    post.refresh_from_db()
    assert post.updated > MAY


def test_a_changed_post_is_sanitised_and_dated(owner: Client, room: Room) -> None:
    post = made(room, published=datetime(2026, 5, 5, 10, 0, tzinfo=UTC))
    press(owner, post)
    post.refresh_from_db()
    assert post.updated == MAY  # nothing changed
    press(owner, post, html="<h1>New</h1><script>1</script>", title="A\u202eB")
    post.refresh_from_db()
    assert (post.html, post.markdown, post.title) == ("<h2>New</h2>", "## New\n", "AB")
    assert post.updated > MAY
    assert "There is no text left" in text(press(owner, post, html="<p> </p>"))


def test_a_post_gets_the_text_of_the_notes(owner: Client, room: Room) -> None:
    post = made(room)
    page = f"/admin/rooms/post/{post.pk}/update/"
    assert "The notes are empty. The post stays" in text(owner.get(page, follow=True))
    write(room, [("new\n", None)])
    asked = owner.get(page)
    assert "<p>new</p>" in text(asked)
    owner.post(page, asked.context["form"].initial)
    post.refresh_from_db()
    assert (post.html, post.markdown) == ("<p>new</p>", "new\n")
    room.delete()
    assert "The room is gone" in text(owner.get(page, follow=True))


def test_a_post_is_copied_to_the_owners_site(
    owner: Client, room: Room, blog: Blog, django_capture_on_commit_callbacks: Any
) -> None:
    write(room, [("We dig\n", None)])
    publish(owner, publish_page(room))
    assert blog.entries == {}
    Post.objects.all().delete()
    publish(owner, publish_page(room), copy="on", title="Spring", slug="spring")
    post = Post.objects.get()
    [(address, entry)] = blog.entries.items()
    assert post.copy_url == address
    assert entry.properties["name"] == ["Spring"]
    assert entry.properties["content"] == [{"html": "<p>We dig</p>"}]
    assert entry.properties["syndication"] == ["http://127.0.0.1:8000/p/spring/"]
    assert datetime.fromisoformat(entry.properties["published"][0])
    with django_capture_on_commit_callbacks(execute=True):
        press(owner, post, title="Summer")
    assert entry.properties["name"] == ["Summer"]
    with django_capture_on_commit_callbacks(execute=True):
        press(owner, post, "_withdraw", title="Summer")
    assert entry.deleted
    with django_capture_on_commit_callbacks(execute=True):
        press(owner, post, "_again", title="Autumn")
    assert not entry.deleted
    assert entry.properties["name"] == ["Autumn"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("broken", "error (507). The disk is full."),
        ("token", "Check MICROPUB_TOKEN"),
        ("moved", "Check MICROPUB_URL"),
        ("private", "private network"),
        ("away", "cannot be reached"),
    ],
)
def test_a_failed_copy_leaves_the_post_and_can_be_tried_again(
    owner: Client,
    room: Room,
    blog: Blog,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    fault: str,
    words: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    write(room, [("We dig\n", None)])
    good = (settings.MICROPUB_TOKEN, settings.MICROPUB_URL, settings.FETCH_PRIVATE)
    if fault == "broken":
        blog.broken = 507
    elif fault == "token":
        settings.MICROPUB_TOKEN = "wrong"
    elif fault == "moved":
        blog.broken = 301
    elif fault == "private":
        settings.FETCH_PRIVATE = []
    else:
        settings.MICROPUB_URL = "http://127.0.0.1:9/"
        settings.FETCH_PRIVATE = ["127.0.0.1:9"]
    page = text(publish(owner, publish_page(room), copy="on"))
    post = Post.objects.get()
    assert words in page
    assert Client().get(post.get_absolute_url()).status_code == 200
    again = f"/admin/rooms/post/{post.pk}/copy/"
    assert f'<a href="{again}">Try again</a>' in page
    blog.broken = 0
    settings.MICROPUB_TOKEN, settings.MICROPUB_URL, settings.FETCH_PRIVATE = good
    assert owner.get(again).status_code == 200
    assert blog.entries == {}
    owner.post(again)
    post.refresh_from_db()
    assert [post.copy_url] == list(blog.entries)
    assert TOKEN not in caplog.text
    assert TOKEN not in page


def test_an_answer_that_cannot_be_read_is_an_error_in_words(settings: Any) -> None:
    settings.MICROPUB_URL = "https://blog.example/micropub"
    with pytest.raises(micropub.NotTaken, match="cannot be used"):
        micropub._address("https://[")
    assert micropub._reason(b"[" * 60_000) == ""


def test_a_copy_that_was_not_deleted_or_restored_is_tried_again(
    owner: Client, room: Room, blog: Blog, django_capture_on_commit_callbacks: Any
) -> None:
    write(room, [("We dig\n", None)])
    publish(owner, publish_page(room), copy="on", title="Spring")
    post = Post.objects.get()
    [entry] = blog.entries.values()
    for button, deleted in (("_withdraw", True), ("_again", False)):
        blog.broken = 500
        with django_capture_on_commit_callbacks(execute=True):
            press(owner, post, button)
        assert entry.deleted is not deleted
        blog.broken = 0
        owner.post(f"/admin/rooms/post/{post.pk}/copy/")
        assert entry.deleted is deleted


def test_without_a_site_of_the_owner_nothing_is_offered(owner: Client, room: Room) -> None:
    write(room, [("We dig\n", None)])
    assert "Also send it" not in text(owner.get(publish_page(room)))
    assert owner.get(f"/admin/rooms/post/{made(room).pk}/copy/").status_code == 404
