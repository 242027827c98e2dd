"""Requests while another program locks the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.test import Client, RequestFactory

from rooms.models import Room
from rooms.views.busy import busy
from tests.rooms.locks import write_lock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def impatient(transactional_db: None) -> Iterator[None]:
    """Give up at once what production waits for, in the connection of the test's own thread."""
    with connection.cursor() as cursor:
        postgresql = connection.vendor == "postgresql"
        cursor.execute("SET lock_timeout = 50" if postgresql else "PRAGMA busy_timeout = 50")
    yield
    connection.close()


def test_pages_open_while_nothing_can_be_written(room: Room, client: Client) -> None:
    Room.objects.update(visitors="speak")
    with write_lock():
        for path in ("/", room.get_absolute_url(), f"/n/{room.notes_key}/", "/health/"):
            assert client.get(path).status_code == 200, path


def test_a_change_in_the_admin_is_not_sent_again_by_itself(room: Room, owner: Client) -> None:
    path = f"/admin/rooms/room/{room.pk}/delete/"
    with write_lock():
        response = owner.post(path, {"post": "yes"})
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "may not have been saved" in page
    assert f'href="{path}"' in page
    assert "refresh" not in page
    assert "countdown" not in page
    assert Room.objects.exists()
    assert owner.post(path, {"post": "yes"}).status_code == 302
    assert not Room.objects.exists()


def test_logging_in_says_try_again(client: Client) -> None:
    from django.contrib.auth import get_user_model

    get_user_model().objects.create_superuser("owner", password="x")
    form = {"username": "owner", "password": "x"}
    with write_lock():
        assert client.post("/admin/login/", form).status_code == 503
    assert client.post("/admin/login/", form).status_code == 302


def test_a_returned_pass_is_asked_for_again_without_a_question() -> None:
    page = busy(RequestFactory().post("/i/token/", {"pass": "x"})).content.decode()
    assert '<meta http-equiv="refresh" content="5;url=/i/token/">' in page


def test_the_page_never_leads_to_another_site() -> None:
    request = RequestFactory().get("/")
    request.path = "//evil.example/"
    page = busy(request).content.decode()
    assert 'href="/evil.example/"' in page


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("text/plain", "text/plain; charset=utf-8"),
    ],
)
def test_programs_get_what_they_ask_for(accept: str, kind: str) -> None:
    response = busy(RequestFactory().get("/r/garden/", headers={"accept": accept}))
    assert response["Content-Type"] == kind
    assert "busy" in response.content.decode()


def test_the_call_page_may_frame_the_answer_for_the_notes() -> None:
    response = busy(RequestFactory().get("/n/some-key-of-a-link/"))
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "path", ["/r/garden/", "/i/token/", "/n/some-key-of-a-link/", "/e/r/garden/"]
)
@pytest.mark.parametrize(("query", "headers"), [("?frame", {}), ("", {"Sec-Fetch-Dest": "iframe"})])
def test_a_frame_in_another_site_is_not_empty_while_the_database_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str, query: str, headers: dict[str, str]
) -> None:
    def locked(*args: object, **kwargs: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(CursorWrapper, "execute", locked)
    response = client.get(path + query, headers=headers)
    assert response.status_code == 503
    assert "frame-ancestors *;" in response["Content-Security-Policy"] + ";"
    assert "X-Frame-Options" not in response


@pytest.mark.parametrize("path", ["/r/garden/", "/admin/?frame", "/?frame"])
def test_no_other_answer_shows_in_a_frame(path: str) -> None:
    response = busy(RequestFactory().get(path))
    assert "Content-Security-Policy" not in response, "the middleware adds the strict one"
    assert not getattr(response, "xframe_options_exempt", False)
