"""The admin, as its owner uses it."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from PIL import Image

from rooms import chat
from rooms.models import Arrival, Background, Ban, Call, ChatLine, Invite, Room
from rooms.roles import Role
from rooms.workers import sfu
from sfu_worker import wire
from tests.rooms import images
from tests.rooms.support import ROOM_FORM

pytestmark = pytest.mark.django_db


def act(client: Client, action: str, *rows: Any, model: str = "room") -> str:
    form = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(f"/admin/rooms/{model}/", form, follow=True).content.decode()


def test_an_owner_makes_a_background_a_room_and_sends_its_link(owner: Client) -> None:
    page = owner.post(
        "/admin/rooms/background/add/",
        images.upload_form(images.with_gps(), credit="Photo: Ann"),
        follow=True,
    )
    assert "was added successfully" in page.content.decode()
    background = Background.objects.get()
    assert Background.objects.values_list("width", "height").get() == (600, 800)
    page = owner.post(
        "/admin/rooms/room/add/", ROOM_FORM | {"background": background.pk}, follow=True
    )
    text = page.content.decode()
    invite = Invite.objects.get()
    assert (invite.role, invite.label) == (Role.SPEAKER, "Guests")
    assert "The room is ready" in text
    assert f'data-copy="http://127.0.0.1:8000/i/{invite.token}/"' in text
    assert '<a href="/r/tea/">Open the call</a>' in text
    # The guest sees the room with its background.
    guest = Client()
    call = guest.get(f"/i/{invite.token}/")
    [sheet] = re.findall(r'href="(/look/[^"]+)"', call.content.decode())
    css = guest.get(sheet)
    assert css["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in css["Cache-Control"]
    [url] = re.findall(r'--background-image: url\("([^"]+)"\)', css.content.decode())
    image = guest.get(url)
    assert (image["Content-Type"], image.status_code) == ("image/webp", 200)
    assert "immutable" in image["Cache-Control"]
    assert Image.open(io.BytesIO(image.content)).size == (600, 800)


def test_the_list_of_rooms_says_what_the_owner_wants_to_know(
    owner: Client, room: Room, clean_redis: Any
) -> None:
    expiry = timezone.now() + timedelta(days=3)
    room.invites.create(expires=timezone.now() - timedelta(days=3))
    room.invites.create(expires=expiry + timedelta(days=9), last_used=timezone.now())
    room.invites.create(expires=expiry)
    clean_redis.set(wire.live_key("garden"), json.dumps({"epoch": "e", "people": 7, "started": 0}))
    page = owner.get("/admin/rooms/room/")
    [row] = page.context["cl"].result_list
    assert (row.people_now, row.expiry) == (7, expiry)
    assert row.used is not None
    assert '<td class="field-people_now">7</td>' in page.content.decode()
    # Rooms may have one title.
    assert f'<td class="field-slug">{row.slug}</td>' in page.content.decode()


def test_the_list_is_there_without_redis(
    owner: Client, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rooms.workers import sfu

    def away(slugs: Any) -> dict[str, int]:
        raise sfu.Unavailable("away")

    monkeypatch.setattr(sfu, "live_counts_now", away)
    page = owner.get("/admin/rooms/room/")
    assert '<td class="field-people_now">–</td>' in page.content.decode()


def test_closing_a_room_ends_its_call_at_the_worker(
    owner: Client, room: Room, clean_redis: Any
) -> None:
    worker = "worker-1"
    clean_redis.set(wire.room_key("garden"), f"1 {worker}")
    clean_redis.set(wire.worker_key(worker), json.dumps({"worker": worker}))
    assert "1 room was closed." in act(owner, "close_rooms", room)
    assert Room.objects.get().closed
    message = async_to_sync(get_channel_layer().receive)(wire.worker_channel(worker))
    assert wire.decode(message["body"]) == wire.CloseRoom(room="garden")
    assert "1 room was reopened." in act(owner, "reopen_rooms", room)
    assert not Room.objects.get().closed


def test_new_invites_and_revoking_all(owner: Client, room: Room) -> None:
    text = act(owner, "new_invites", room)
    invite = Invite.objects.get()
    assert f'value="http://127.0.0.1:8000/i/{invite.token}/"' in text
    assert "1 invite was revoked" in act(owner, "revoke_invites", room)
    assert Client().get(invite.get_absolute_url()).status_code == 410


def test_an_invites_page_shows_link_and_qr_code(owner: Client, room: Room) -> None:
    invite = room.invites.create(label="Ann")
    page = owner.get(f"/admin/rooms/invite/{invite.pk}/change/").content.decode()
    link = f"http://127.0.0.1:8000/i/{invite.token}/"
    assert f'value="{link}"' in page
    assert f'data-copy="{link}"' in page
    qr = f"/admin/rooms/invite/{invite.pk}/qr.svg"
    assert f'src="{qr}"' in page
    image = owner.get(qr)
    assert image["Content-Type"] == "image/svg+xml"
    assert image.content.startswith(b"<?xml")
    assert Client().get(qr).status_code == 302


def test_an_invites_page_shows_what_obs_asks_for_where_it_may_send(
    owner: Client, room: Room
) -> None:
    speaker, listener = room.invites.create(), room.invites.create(role=Role.LISTENER)
    page = owner.get(f"/admin/rooms/invite/{speaker.pk}/change/").content.decode()
    assert 'data-copy="http://127.0.0.1:8000/whip/garden"' in page
    assert f'data-copy="{speaker.token}"' in page
    assert "/whip/" not in owner.get(f"/admin/rooms/invite/{listener.pk}/change/").content.decode()
    assert "/whip/" not in owner.get("/admin/rooms/invite/add/").content.decode()


def test_revoking_one_invite_in_the_list(owner: Client, room: Room) -> None:
    one, other = room.invites.create(), room.invites.create()
    text = act(owner, "revoke", one, model="invite")
    assert "1 invite was revoked" in text
    assert list(Invite.objects.filter(revoked=True)) == [one]
    assert ">valid<" in text
    assert other.pk


def test_records_can_be_read_and_deleted_and_not_made_up(owner: Client, room: Room) -> None:
    call = Call.objects.create(room=room, epoch="e", started=timezone.now(), most_people=4)
    line = ChatLine.objects.create(
        room=room, number=1, person="p", nonce="n", name="Ann", text="<b>hello</b>"
    )
    ban = Ban.objects.create(room=room, person="p", name="Eve")
    for name, row in (("call", call), ("chatline", line), ("ban", ban)):
        page = owner.get(f"/admin/rooms/{name}/")
        assert page.status_code == 200
        assert "<b>hello</b>" not in page.content.decode()
        assert owner.get(f"/admin/rooms/{name}/add/").status_code == 403
        assert owner.get(f"/admin/rooms/{name}/{row.pk}/change/").status_code == 200
    owner.post(f"/admin/rooms/ban/{ban.pk}/delete/", {"post": "yes"})
    assert not Ban.objects.exists()


def test_the_record_of_the_chat_says_who_changed_a_line(owner: Client, room: Room) -> None:
    reader = chat.Reader(room.pk, "p", None)
    for n in range(2):
        chat.append(room.pk, "ann", str(n), "Ann", "secret words")
    chat.edit(reader, 1, "other words", "ann", "Ann", host=False)
    line = chat.edit(reader, 2, None, "boss", "Boss", host=True)
    text = owner.get("/admin/rooms/chatline/").content.decode()
    for words in ("edited by Ann", "deleted by Boss", "other words"):
        assert words in text
    page = owner.get(f"/admin/rooms/chatline/{line.pk}/change/").content.decode()
    assert "Boss" in page
    assert "secret words" not in text + page


def test_the_owner_removes_somebody_who_came_in(
    owner: Client, room: Room, clean_redis: Any
) -> None:
    invite = room.invites.create(label="Ben’s")
    ann = Arrival.objects.create(
        room=room, participant="p1", person="ann", role=Role.OWNER, name="Ann"
    )
    ben = Arrival.objects.create(
        room=room, participant="p2", person="ben", role=Role.SPEAKER, name="Ben", invite=invite
    )
    assert "Ben" in owner.get("/admin/rooms/arrival/").content.decode()
    assert owner.get("/admin/rooms/arrival/add/").status_code == 403
    clean_redis.set(wire.room_key("garden"), "1 w1", px=60_000)
    clean_redis.set(wire.worker_key("w1"), "{}", px=60_000)
    page = act(owner, "remove", ann, ben, model="arrival")
    assert "Ann runs the room" in page
    assert "Ben was removed" in page
    ban = Ban.objects.get()
    assert (ban.person, ban.invite, ban.name) == ("ben", invite, "Ben")
    message = async_to_sync(get_channel_layer().receive)(wire.worker_channel("w1"))
    assert wire.decode(message["body"]) == wire.Remove("garden", "p2")
    # The same with the link that they came by; the page shows the new one.
    cleo = Arrival.objects.create(
        room=room, participant="p3", person="cleo", role=Role.SPEAKER, name="Cleo", invite=invite
    )
    page = act(owner, "remove_and_stop", cleo, model="arrival")
    invite.refresh_from_db()
    fresh = Invite.objects.get(label="Ben’s", stopped=False)
    assert invite.stopped
    assert f"/i/{fresh.token}/" in page
    assert "stopped for new people" in owner.get("/admin/rooms/invite/").content.decode()
    act(owner, "let_in_again", invite, model="invite")
    act(owner, "stop", fresh, model="invite")
    assert list(Invite.objects.filter(stopped=True)) == [fresh]
    # Rooms are deleted with the arrivals in them.
    owner.post(f"/admin/rooms/room/{room.pk}/delete/", {"post": "yes"})
    assert not Room.objects.exists()


def test_the_link_that_is_stopped_is_the_one_of_the_row(
    owner: Client, room: Room, clean_redis: Any
) -> None:
    meant, newer = room.invites.create(label="meant"), room.invites.create(label="newer")
    first, _second = (
        Arrival.objects.create(
            room=room, participant="p", person="ben", role=Role.SPEAKER, name="Ben", invite=invite
        )
        for invite in (meant, newer)
    )
    act(owner, "remove_and_stop", first, model="arrival")
    assert list(Invite.objects.filter(stopped=True)) == [meant]
    assert Ban.objects.get().invite == meant


def test_the_owner_hears_that_a_ban_holds_even_if_the_workers_are_away(
    owner: Client, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise sfu.Unavailable("away")

    monkeypatch.setattr(sfu, "claim_of", away)
    ben = Arrival.objects.create(
        room=room, participant="p", person="ben", role=Role.SPEAKER, name="Ben"
    )
    assert "media workers do not answer" in act(owner, "remove", ben, model="arrival")
    assert Ban.objects.filter(person="ben").exists()


def test_the_cap_of_a_picture_is_the_owners_and_the_page_has_it(owner: Client) -> None:
    owner.post("/admin/rooms/room/add/", ROOM_FORM | {"max_video_mbit": "20.5"})
    assert Room.objects.get().max_video_mbit == Decimal("20.5")
    assert '"max_bitrate": 20500000,' in owner.get("/r/tea/").content.decode()


@pytest.mark.parametrize("cap", ["", "0.4", "50.1", "-8", "much", "NaN", "1e400"])
def test_a_cap_that_makes_no_sense_is_an_error_of_the_form(owner: Client, cap: str) -> None:
    page = owner.post("/admin/rooms/room/add/", ROOM_FORM | {"max_video_mbit": cap})
    assert page.context["adminform"].form.errors.keys() == {"max_video_mbit"}
    assert not Room.objects.exists()


@pytest.mark.parametrize("slug", ["Tea Time", "../x", "-a", "x" * 64, "ä"])
def test_a_bad_address_of_a_room_is_an_error_of_the_form(owner: Client, slug: str) -> None:
    page = owner.post("/admin/rooms/room/add/", ROOM_FORM | {"slug": slug})
    assert page.status_code == 200
    assert not Room.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/rooms/room/",
        "/admin/rooms/background/add/",
        "/admin/rooms/invite/1/qr.svg",
    ],
)
@pytest.mark.parametrize("person", ["stranger", "user"])
def test_nobody_else_sees_the_admin(client: Client, path: str, person: str) -> None:
    if person == "user":
        client.force_login(get_user_model().objects.create_user("somebody", password="x"))
    assert client.get(path).status_code == 302


def test_each_part_of_a_date_says_what_it_is_of(owner: Client, room: Room) -> None:
    text = owner.get(f"/admin/rooms/room/{room.pk}/change/").content.decode()
    for name, part in (("opens_0", "opens, date"), ("closes_1", "closes, time")):
        field = re.search(rf'<input[^>]*name="{name}"[^>]*>', text)
        assert field
        assert f'aria-label="{part}"' in field[0].lower()
    # Django's own forms, too.
    user = get_user_model().objects.get()
    text = owner.get(f"/admin/auth/user/{user.pk}/change/").content.decode()
    assert '<label for="id_last_login_0">' in text


def test_the_list_of_invites_has_the_link_and_the_uses(owner: Client, room: Room) -> None:
    Invite.objects.create(room=room, role=Role.SPEAKER, label="Guests", uses_left=12)
    text = owner.get("/admin/rooms/invite/").content.decode()
    assert "0, 12 left" in text
    assert "Copy link" in text


def test_the_page_to_log_in_has_a_heading(client: Client) -> None:
    assert "<h1>Log in</h1>" in client.get("/admin/login/").content.decode()
