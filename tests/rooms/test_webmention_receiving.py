"""What the endpoint for webmentions accepts, and how other sites learn of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rooms.entry import throttle
from rooms.indieweb.webmentions import queue
from rooms.models import Invite, Room, Webmention
from rooms.models.sites import MAX_URL

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

SOURCE = "https://ann.example/rsvp"


@pytest.fixture
def room(db: None) -> Room:
    return Room.objects.create(slug="garden", title="Garden", visitors="watch")


def address(settings: Any, path: str = "/r/garden/") -> str:
    return f"{settings.SITE_URL}{path}"


def send(client: Client, source: str = SOURCE, target: str = "") -> Any:
    return client.post(
        "/webmention",
        f"source={source}&target={target}",
        content_type="application/x-www-form-urlencoded",
    )


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("path", ["/r/garden/", "/r/garden", "/r/garden/?from=feed#top"])
def test_a_webmention_for_a_public_room_waits(client: Client, settings: Any, path: str) -> None:
    response = send(client, target=address(settings, path.replace("#", "%23")))
    assert response.status_code == 202
    row = Webmention.objects.get()
    assert (row.incoming, row.source, row.target) == (True, SOURCE, address(settings))
    assert row.due is not None
    assert row.due <= timezone.now()


@pytest.mark.usefixtures("room")
def test_the_same_webmention_again_is_one_row_that_is_due_again(
    client: Client, settings: Any
) -> None:
    send(client, target=address(settings))
    Webmention.objects.update(due=None, attempts=3, outcome="The site took too long.")
    assert send(client, target=address(settings)).status_code == 202
    row = Webmention.objects.get()
    assert (row.attempts, row.outcome) == (0, "")
    assert row.due is not None


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize(
    ("source", "target", "text"),
    [
        ("", "/r/garden/", "Both source and target"),
        (SOURCE, "", "Both source and target"),
        ("ftp://ann.example/", "/r/garden/", "begin with https"),
        ("javascript:alert(1)", "/r/garden/", "begin with https"),
        ("https://[#top", "/r/garden/", "cannot be understood"),
        ("https://ann:secret@ann.example/", "/r/garden/", "password"),
        (SOURCE + "/" + "a" * MAX_URL, "/r/garden/", "500 characters"),
        (SOURCE, "https://other.example/r/garden/", "not a page of this site"),
        ("https://ann.example/", "https://ann.example/", "not a page of this site"),
        ("OWN/r/garden/", "/r/garden/", "same page"),
        ("OWN/r/garden", "/r/garden/?x", "same page"),
    ],
)
def test_bad_addresses_get_one_sentence(
    client: Client, settings: Any, source: str, target: str, text: str
) -> None:
    whole = address(settings, target) if target.startswith("/") else target
    response = send(client, source.replace("OWN", settings.SITE_URL), whole)
    assert response.status_code == 400
    assert text in response.text
    assert response.text.count("\n") == 1
    assert "secret" not in response.text
    assert not Webmention.objects.exists()


@pytest.mark.usefixtures("room")
def test_a_body_that_is_no_form_is_refused(client: Client, settings: Any) -> None:
    body = {"source": SOURCE, "target": address(settings)}
    response = client.post("/webmention", body, content_type="application/json")
    assert response.status_code == 400


def test_a_private_room_answers_like_one_that_does_not_exist(client: Client, settings: Any) -> None:
    room = Room.objects.create(slug="private", title="Private")
    invite = Invite.objects.create(room=room, role="speaker")
    answers = []
    for path in ("/r/private/", "/r/absent/", invite.get_absolute_url(), "/", "/admin/"):
        response = send(client, target=address(settings, path))
        answers.append((response.status_code, response.content, dict(response.items())))
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)
    assert not Webmention.objects.exists()


@pytest.mark.usefixtures("room")
def test_each_host_and_each_page_has_a_limit(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttle.LIMITS, ("webmention", "source"), throttle.Limit(0.001, 2))
    monkeypatch.setitem(throttle.LIMITS, ("webmention", "target"), throttle.Limit(0.001, 3))
    for number in range(2):
        assert send(client, f"{SOURCE}{number}", address(settings)).status_code == 202
    response = send(client, f"{SOURCE}3", address(settings))
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert send(client, "https://bob.example/", address(settings)).status_code == 202
    assert send(client, "https://eve.example/", address(settings)).status_code == 429
    assert Webmention.objects.count() == 3


@pytest.mark.usefixtures("room")
def test_only_so_many_wait(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MAX_WAITING", 1)
    assert send(client, target=address(settings)).status_code == 202
    response = send(client, "https://bob.example/", address(settings))
    assert (response.status_code, response["Retry-After"]) == (429, "600")


@pytest.mark.usefixtures("room", "without_redis")
def test_without_redis_webmentions_are_accepted(client: Client, settings: Any) -> None:
    assert send(client, target=address(settings)).status_code == 202


def test_a_person_who_opens_the_endpoint_gets_a_short_page(client: Client) -> None:
    response = client.get("/webmention")
    assert response.status_code == 200
    assert "Webmentions" in response.text
    assert client.put("/webmention").status_code == 405


@pytest.mark.usefixtures("room")
def test_a_public_room_announces_the_endpoint(client: Client, settings: Any) -> None:
    response = client.get("/r/garden/")
    endpoint = f"{settings.SITE_URL}/webmention"
    assert response["Link"] == f'<{endpoint}>; rel="webmention"'
    assert f'<link rel="webmention" href="{endpoint}">' in response.text


def test_no_other_page_announces_it(client: Client, owner: Client) -> None:
    room = Room.objects.create(slug="private", title="Private")
    invite = Invite.objects.create(room=room, role="speaker")
    for browser in (client, owner):
        for path in ("/r/private/", "/r/absent/", invite.get_absolute_url(), "/"):
            response = browser.get(path)
            assert "webmention" not in response.get("Link", "")
            assert "webmention" not in response.text


def test_finished_rows_are_forgotten_after_a_month() -> None:
    now = timezone.now()
    for number, due in enumerate((None, now)):
        row = Webmention.objects.create(
            incoming=True, source=f"{SOURCE}{number}", target=SOURCE, due=due
        )
        Webmention.objects.filter(pk=row.pk).update(created=now - timedelta(days=31))
    Webmention.objects.create(incoming=True, source="https://bob.example/", target=SOURCE, due=None)
    queue.forget(now)
    assert sorted(Webmention.objects.values_list("source", flat=True)) == [
        f"{SOURCE}1",
        "https://bob.example/",
    ]
