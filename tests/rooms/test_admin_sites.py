"""Domains in a room's form, and banning everyone of somebody's site."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from rooms.entry.access import Refusal
from rooms.entry.facts import current_grants
from rooms.entry.passes import Pass
from rooms.indieweb import people
from rooms.models import Arrival, Ban, Room, SiteProfile
from rooms.roles import Role, VisitorPolicy
from tests.rooms.support import ROOM_FORM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def test_the_form_keeps_domains_in_order_and_names_each_bad_line(owner: Client) -> None:
    lines = "b.example\nBücher.Example\nhttps://x.example/\nb.example"
    page = owner.post("/admin/rooms/room/add/", ROOM_FORM | {"banned_domains": lines})
    assert page.status_code == 200
    errors = page.context["adminform"].form.errors
    assert list(errors) == ["banned_domains"]
    assert len(errors["banned_domains"]) == 1
    assert "https://x.example/" in errors["banned_domains"][0]
    assert not Room.objects.exists()
    fields = {"admitted_domains": lines.replace("https://x.example/", ""), "sign_in": "required"}
    owner.post("/admin/rooms/room/add/", ROOM_FORM | fields)
    room = Room.objects.get()
    assert room.admitted_domains == "b.example\nxn--bcher-kva.example"
    assert (room.banned_domains, room.sign_in) == ("", "required")


def arrive(room: Room, person: str, me: str = "") -> Arrival:
    return Arrival.objects.create(
        room=room, participant=person[0], person=person, name=person.title(), me=me, role="speaker"
    )


def ban_sites(client: Client, *rows: Arrival) -> str:
    form = {"action": "ban_site", "_selected_action": [row.pk for row in rows]}
    return client.post("/admin/rooms/arrival/", form, follow=True).content.decode()


def test_an_owner_bans_everyone_from_somebodys_site(owner: Client) -> None:
    room = Room.objects.create(
        slug="tea", title="Tea", visitors=VisitorPolicy.SPEAK, banned_domains="z.example"
    )
    ann, ben = arrive(room, "ann", "https://ann.example/about"), arrive(room, "ben")
    page = ban_sites(owner, ann, ben)
    assert "People of ann.example cannot join “Tea” any more." in page
    assert "Ben has not signed in with a site." in page
    room.refresh_from_db()
    assert room.banned_domains == "ann.example\nz.example"
    assert [ban.person for ban in Ban.objects.all()] == ["ann"]
    other = Pass(room.pk, Role.LISTENER, None, "other", me="https://blog.ann.example/")
    assert current_grants([other]) == [Refusal.removed]


def test_only_those_who_may_change_rooms_and_add_bans_see_the_action(client: Client) -> None:
    helper = get_user_model().objects.create_user("helper", password="x", is_staff=True)
    names = ["view_arrival", "add_ban"]
    helper.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(helper)
    room = Room.objects.create(slug="tea", title="Tea")
    ban_sites(client, arrive(room, "ann", "https://ann.example/"))
    room.refresh_from_db()
    assert room.banned_domains == ""


def test_a_profile_goes_with_its_photo_by_hand_or_after_a_time(owner: Client) -> None:
    kept = []
    for n, age in enumerate((0, 1, 91)):
        profile = SiteProfile(
            me=f"https://{n}.example/", fetched=timezone.now() - timedelta(days=age)
        )
        profile.photo.save(f"{n}.webp", ContentFile(b"photo"))
        kept.append(profile)
    assert people.forget_old(timezone.now()) == 1
    page = owner.get("/admin/rooms/siteprofile/").content.decode()
    assert "https://1.example/" in page
    assert "https://2.example/" not in page
    owner.post(f"/admin/rooms/siteprofile/{kept[0].pk}/delete/", {"post": "yes"})
    assert [profile.pk for profile in SiteProfile.objects.all()] == [kept[1].pk]
    storage = kept[0].photo.storage
    assert [storage.exists(str(p.photo.name)) for p in kept] == [False, True, False]
