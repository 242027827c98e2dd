from __future__ import annotations

import threading

import pytest
from django.db import connection

from rooms import chat
from rooms.models import ChatLine, Room


def make_room(slug: str = "garden") -> Room:
    return Room.objects.create(slug=slug, title="Garden")


@pytest.mark.django_db(transaction=True)
def test_twenty_who_write_at_once_get_consecutive_numbers() -> None:
    room = make_room()
    start = threading.Barrier(20)
    errors: list[BaseException] = []

    def write(person: int) -> None:
        try:
            start.wait()
            for n in range(5):
                chat.append(room.pk, f"p{person}", f"n{n}", "Ann", "hello")
        except BaseException as exc:
            errors.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(person,)) for person in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert list(ChatLine.objects.order_by("number").values_list("number", flat=True)) == list(
        range(1, 101)
    )


@pytest.mark.django_db(transaction=True)
def test_one_line_sent_over_many_connections_is_one_line() -> None:
    room = make_room()
    start = threading.Barrier(8)
    created: list[bool] = []

    def write() -> None:
        start.wait()
        created.append(chat.append(room.pk, "ann", "n", "Ann", "hello")[1])
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(created) == [False] * 7 + [True]
    assert ChatLine.objects.count() == 1


@pytest.mark.django_db
def test_numbers_count_within_a_room_and_nonces_within_a_person() -> None:
    garden, attic = make_room(), make_room("attic")
    assert chat.append(garden.pk, "ann", "n", "Ann", "one")[0].number == 1
    assert chat.append(garden.pk, "bob", "n", "Bob", "two")[0].number == 2
    assert chat.append(attic.pk, "ann", "n", "Ann", "one")[0].number == 1
    again, created = chat.append(garden.pk, "ann", "n", "Ann", "something else")
    assert (again.number, again.text, created) == (1, "one", False)
    assert chat.last_number(garden.pk) == 2


@pytest.mark.django_db
def test_since_gives_what_comes_after_a_page_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "PAGE", 2)
    room = make_room()
    for n in range(5):
        chat.append(room.pk, "ann", str(n), "Ann", "x")
    pages = [chat.since(room.pk, number) for number in (0, 2, 4, 5)]
    assert [([line.number for line in lines], more) for lines, more in pages] == [
        ([1, 2], True),
        ([3, 4], True),
        ([5], False),
        ([], False),
    ]


@pytest.mark.django_db
def test_the_numbers_of_deleted_lines_are_not_used_again() -> None:
    room, other = make_room(), make_room("attic")
    for n in range(3):
        chat.append(room.pk, "ann", str(n), "Ann", "x")
        chat.append(other.pk, "ann", str(n), "Ann", "x")
    lines = ChatLine.objects.filter(room=room).order_by("number")
    assert chat.delete(room.pk, lines[:2]) == 2
    assert (chat.last_number(room.pk), [line.number for line in chat.since(room.pk, 0)[0]]) == (
        3,
        [3],
    )
    assert chat.delete(room.pk, lines) == 1
    assert chat.delete(room.pk, lines) == 0
    assert chat.last_number(room.pk) == 3
    # No page waits for them.
    assert chat.last_numbers([room.pk, other.pk]) == {other.pk: 3}
    assert chat.append(room.pk, "ann", "new", "Ann", "x")[0].number == 4
    assert ChatLine.objects.filter(room=other).count() == 3
    assert chat.last_number(4711) == 0


@pytest.mark.django_db
def test_a_room_that_is_gone_takes_no_lines() -> None:
    with pytest.raises(Room.DoesNotExist):
        chat.append(4711, "ann", "n", "Ann", "hello")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  hi ", "hi"),
        ("a\r\nb", "a\nb"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("x" * 2000, "x" * 2000),
        ("👋" * 2000, "👋" * 2000),
    ],
)
def test_text_is_cleaned(text: str, clean: str) -> None:
    assert chat.clean(text) == clean


@pytest.mark.parametrize(
    ("text", "why"), [("", "empty"), (" \n\t ", "empty"), ("\x00", "empty"), ("x" * 2001, "long")]
)
def test_text_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(chat.BadText, match=why):
        chat.clean(text)
