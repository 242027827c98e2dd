"""Notifications on an owner's devices: who gets them, what is in them, and what is refused."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.utils import timezone

from rooms.entry import knocking
from rooms.entry.knocking import devices, push, vapid
from rooms.models import Device, Room
from tests.deploy.proxies import HOST, write_certificate
from tests.rooms.push_service import PushService

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

PATIENCE = 30
ADD, REMOVE = "/admin/home/device/", "/admin/home/device/remove/"
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture
def service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[PushService]:
    """All names lead to it, this machine trusts its certificate, and its address may be private."""
    write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "fullchain.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "fullchain.pem", tmp_path / "privkey.pem")
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *args, **kwargs: real("127.0.0.1", *args, **kwargs)
    )
    settings.DATA_DIR, settings.FETCH_PRIVATE = tmp_path, [HOST]
    found = PushService(context)
    yield found
    found.stop()


@pytest.fixture
def office(owner: Client, service: PushService) -> Room:
    """A room that notifies the owner, who has added one device."""
    assert owner.post(ADD, service.subscription()).status_code == 200
    return Room.objects.create(slug="office", title="The office", knock_push=True)


def more(service: PushService, path: str, name: str = "owner") -> Device:
    user = get_user_model().objects.get(username=name)
    return Device.objects.create(user=user, **service.subscription(path))


def sent() -> None:
    for thread in threading.enumerate():
        if thread.name == "knock":
            thread.join(PATIENCE)
            assert not thread.is_alive()


def knock(after: timedelta = timedelta()) -> bool:
    knocked = knocking.knock("office", timezone.now() + after)
    sent()
    return knocked


def test_a_device_gets_the_title_and_the_link_that_admits(
    office: Room, service: PushService
) -> None:
    assert knock()
    payload = service.payload()
    assert set(payload) == {"title", "link"}
    assert payload["title"] == "Someone is waiting in “The office”"
    page = Client().get(payload["link"].removeprefix("http://127.0.0.1:8000"))
    assert page.status_code == 200
    assert "The office" in page.content.decode()
    headers = service.got["/a"][0]
    assert (headers["ttl"], headers["content-encoding"]) == ("300", "aes128gcm")


def test_the_service_reads_who_sends_and_when_that_expires(
    office: Room, service: PushService
) -> None:
    knock()
    claims = service.claims(vapid.public_key())
    assert claims["aud"] == service.origin
    assert claims["sub"].startswith("mailto:")
    assert time.time() < claims["exp"] <= time.time() + 86400


def test_the_key_is_kept_and_only_the_server_may_read_it(
    service: PushService, tmp_path: Path
) -> None:
    key = vapid.public_key()
    file = tmp_path / "push_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    vapid._key.cache_clear()
    assert vapid.public_key() == key


def test_without_a_place_for_the_key_the_page_says_so(
    owner: Client, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.DATA_DIR = tmp_path / "file"
    assert "the server cannot keep its key" in owner.get("/admin/").content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
def test_a_device_that_is_no_more_is_deleted_and_no_other(
    office: Room, service: PushService, status: str
) -> None:
    more(service, "/gone")
    service.statuses["/gone"] = status
    knock()
    assert [device.endpoint for device in Device.objects.all()] == [f"{service.origin}/a"]
    assert service.payload()


def test_a_service_that_fails_is_a_line_in_the_log_without_the_endpoint(
    office: Room, service: PushService, caplog: pytest.LogCaptureFixture
) -> None:
    more(service, "/secret")
    service.statuses["/secret"] = "500 Oops"
    knock()
    assert Device.objects.count() == 2
    assert "was not notified: its push service says 500" in caplog.text
    assert "secret" not in caplog.text


def test_a_silent_service_delays_neither_other_devices_nor_e_mail(
    office: Room, service: PushService, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "SECONDS", float(PATIENCE))
    settings.EMAIL_HOST = "mail.example.org"
    get_user_model().objects.update(email="ann@example.org")
    Room.objects.update(knock_email=True)
    Device.objects.all().delete()
    service.silent.add("/silent")
    more(service, "/silent")
    more(service, "/a")
    assert knocking.knock("office", timezone.now())
    deadline = time.monotonic() + PATIENCE / 2
    while not (service.got and mail.outbox) and time.monotonic() < deadline:
        service.asked.wait(0.05)
    assert service.payload()
    assert len(mail.outbox) == 1
    assert not service.ended.is_set()
    service.ended.set()
    sent()


def test_at_most_one_in_five_minutes_by_e_mail_and_on_devices_together(
    office: Room, service: PushService, settings: Any
) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    get_user_model().objects.update(email="ann@example.org")
    Room.objects.update(knock_email=True)
    assert knock()
    assert len(mail.outbox) == 1
    assert service.got.pop("/a")
    Room.objects.update(knock_email=False)
    assert not knock(timedelta(minutes=4))
    assert not service.got
    assert knock(timedelta(minutes=5, seconds=1))
    assert service.got
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}])
def test_who_is_no_owner_any_more_is_not_notified(
    office: Room, service: PushService, change: dict[str, bool]
) -> None:
    get_user_model().objects.update(**change)
    assert not knock()
    assert not service.got


def test_a_room_that_does_not_want_it_notifies_no_one(office: Room, service: PushService) -> None:
    Room.objects.update(knock_push=False)
    assert not knock()
    assert not service.got


# Endpoints


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://call.localhost/a",
        "https://other.test/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "https://169.254.169.254/latest",
        "https://user@call.localhost/a",
        "https://call.localhost/" + "a" * 500,
        "ftp://call.localhost/",
    ],
)
def test_an_endpoint_that_the_server_must_not_reach_is_refused_twice(
    owner: Client, office: Room, service: PushService, endpoint: str
) -> None:
    answer = owner.post(ADD, {**service.subscription(), "endpoint": endpoint})
    assert answer.status_code == 400
    assert "an address that is not allowed" in answer.content.decode()
    assert Device.objects.count() == 1
    Device.objects.update(endpoint=endpoint[:500])
    if len(endpoint) < 500:
        knock()
    assert not service.got


@pytest.mark.parametrize(
    "keys", [{"p256dh": ""}, {"p256dh": "AAAA"}, {"auth": "short"}, {"auth": "ä" * 22}]
)
def test_keys_that_are_none_are_refused(
    owner: Client, service: PushService, keys: dict[str, str]
) -> None:
    answer = owner.post(ADD, {**service.subscription(), **keys})
    assert answer.status_code == 400
    assert "keys cannot be read" in answer.content.decode()


# The page


def test_a_user_has_at_most_twenty_devices(owner: Client, service: PushService) -> None:
    for number in range(devices.MOST_DEVICES):
        assert owner.post(ADD, service.subscription(f"/{number}")).status_code == 200
    answer = owner.post(ADD, service.subscription("/more"))
    assert answer.status_code == 400
    assert "You have 20 devices" in answer.content.decode()
    assert owner.post(ADD, service.subscription("/3")).status_code == 200, "it is there already"
    assert Device.objects.count() == devices.MOST_DEVICES


def test_owners_see_and_remove_their_own_devices_only(owner: Client, service: PushService) -> None:
    owner.post(ADD, service.subscription("/mine"), headers={"User-Agent": FIREFOX})
    other = Client()
    other.force_login(get_user_model().objects.create_user("ben", is_staff=True))
    assert "/mine" not in other.get("/admin/").content.decode()
    other.post(REMOVE, {"device": Device.objects.get().pk})
    other.post(REMOVE, {"endpoint": Device.objects.get().endpoint})
    assert other.post(ADD, service.subscription("/mine")).status_code == 400
    assert Device.objects.get().user.get_username() == "owner"
    page = owner.get("/admin/").content.decode()
    assert "1 device of yours is notified" in page
    assert "Remove Firefox on Android" in page
    for nonsense in ("²", "9" * 30, ""):
        owner.post(REMOVE, {"device": nonsense})
    assert Device.objects.count() == 1
    owner.post(REMOVE, {"device": Device.objects.get().pk})
    assert not Device.objects.exists()


def test_only_staff_add_devices(client: Client, service: PushService) -> None:
    for address in (ADD, REMOVE):
        assert client.post(address, service.subscription())["Location"].startswith("/admin/login/")
    client.force_login(get_user_model().objects.create_user("eve"))
    assert client.post(ADD, service.subscription()).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(get_user_model().objects.create_user("ben", is_staff=True))
    assert strict.post(ADD, service.subscription()).status_code == 403
    assert strict.get(ADD).status_code == 405
    assert not Device.objects.exists()


def test_the_service_worker_loads_nothing_and_controls_no_page(client: Client) -> None:
    answer = client.get("/push.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Service-Worker-Allowed" not in answer
    assert "showNotification" in answer.content.decode()
    assert client.get("/push/").status_code == 404


def test_the_form_of_a_room_says_at_once_if_there_is_no_device(
    owner: Client, service: PushService
) -> None:
    said = "No device has been added, so none is notified."
    assert said in owner.get("/admin/rooms/room/add/").content.decode()
    more(service, "/a")
    page = owner.get("/admin/rooms/room/add/").content.decode()
    assert said not in page
    assert 'name="knock_push"' in page
