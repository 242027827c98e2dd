"""Answers from other sites: the owner decides which of them the room's page shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rooms.models import Response, Room, Rsvp, Webmention

pytestmark = pytest.mark.django_db

SHOWN = Response.State.SHOWN


@pytest.fixture
def room() -> Room:
    return Room.objects.create(slug="tea", title="Tea", visitors="speak")


def answer(room: Room, name: str, rsvp: Rsvp = Rsvp.YES, **fields: object) -> Response:
    site = f"https://{name.lower()}.example"
    values: dict[str, Any] = {"source": f"{site}/1", "url": f"{site}/", "name": name, "rsvp": rsvp}
    return Response.objects.create(room=room, **(values | fields))


def page(client: Client) -> str:
    return client.get("/r/tea/?enter").content.decode()


def test_an_answer_is_shown_once_the_owner_says_so(
    client: Client, owner: Client, room: Room
) -> None:
    ann = answer(room, "Ann")
    assert "ann.example" not in page(client)
    form = {"action": "show", "_selected_action": [ann.pk]}
    said = owner.post("/admin/rooms/response/", form, follow=True).content.decode()
    assert "1 answer is shown." in said
    text = page(client)
    assert "1 person is coming" in text
    assert 'rel="nofollow ugc noopener noreferrer">Ann</a>' in text
    owner.post("/admin/rooms/response/", form | {"action": "hide"})
    assert "ann.example" not in page(client)


def test_hostile_words_of_other_sites_are_text(client: Client, room: Room) -> None:
    Response.objects.filter(pk=answer(room, "Mallory", state=SHOWN).pk).update(
        name="<script>alert(1)</script>"
    )
    text = page(client)
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_those_who_are_coming_are_first_and_many_are_folded(client: Client, room: Room) -> None:
    answer(room, "Zoe", Rsvp.NO, state=SHOWN)
    answer(room, "Ann", Rsvp.YES, state=SHOWN)
    text = page(client)
    assert text.index(">Ann<") < text.index(">Zoe<")
    assert '<details class="answers" open>' in text
    for number in range(70):
        answer(room, f"Guest{number}", Rsvp.MAYBE, state=SHOWN)
    text = page(client)
    assert "And 12 more." in text
    assert '<details class="answers" >' in text


def test_a_room_that_becomes_public_tells_the_sites_in_its_description(
    owner: Client, room: Room
) -> None:
    form = {
        "title": "Tea",
        "slug": "tea",
        "description": "With https://ann.example/cake and nothing of http://testserver/r/tea/",
        "visitors": "speak",
        "max_people": "50",
        "max_video_mbit": "8",
    } | {f"{p}-{n}_FORMS": "0" for p in ("invites", "hours") for n in ("TOTAL", "INITIAL")}
    change = f"/admin/rooms/room/{room.pk}/change/"
    owner.post(change, form | {"visitors": "nothing"})
    assert not Webmention.objects.exists()
    assert owner.post(change, form).status_code == 302
    row = Webmention.objects.get(incoming=False, target="https://ann.example/cake")
    assert row.source.endswith("/r/tea/")


def test_programs_find_where_to_send_answers_and_what_the_room_links_to(
    client: Client, room: Room
) -> None:
    Room.objects.filter(pk=room.pk).update(description="See https://ann.example/cake.")
    program = client.get("/r/tea/")
    assert 'rel="webmention"' in program["Link"]
    text = program.content.decode()
    assert '<link rel="webmention" href="' in text
    assert '<a href="https://ann.example/cake"' in text
    assert '<a href="https://ann.example/cake"' in page(client)
    Room.objects.filter(pk=room.pk).update(visitors="nothing")
    assert "Link" not in client.get("/r/tea/")
