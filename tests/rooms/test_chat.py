from __future__ import annotations

import threading

import pytest
from django.db import connection

from rooms import chat
from rooms.chat import Newest
from rooms.models import Arrival, ChatLine, Room


def make_room(slug: str = "garden") -> Room:
    return Room.objects.create(slug=slug, title="Garden")


def anyone(room: Room, participant: str = "p") -> chat.Reader:
    return chat.Reader(room.pk, participant, None)


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
    pages = [chat.since(anyone(room), number) for number in (0, 2, 4, 5)]
    assert [([line.number for line in page.lines], page.more) for page in pages] == [
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
    left = chat.since(anyone(room), 0).lines
    assert (chat.last_number(room.pk), [line.number for line in left]) == (3, [3])
    assert chat.delete(room.pk, lines) == 1
    assert chat.delete(room.pk, lines) == 0
    assert chat.last_number(room.pk) == 3
    # No page waits for them.
    assert chat.newest_of([room.pk, other.pk]) == {room.pk: Newest(), other.pk: Newest(3)}
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


EMOJI = "👨‍👩‍👧‍👦 👋🏽 🇩🇪 🏴󠁧󠁢󠁳󠁣󠁴󠁿 ❤️ 1️⃣\n🏳️‍🌈"


@pytest.mark.django_db
def test_an_author_changes_a_line_and_emoji_stay_whole() -> None:
    room = make_room()
    for n in range(2):
        chat.append(room.pk, "ann", str(n), "Ann", "x")
    line = chat.edit(anyone(room), 1, f" {EMOJI} ", "ann", "Ann", host=False)
    assert (line.text, line.change, line.changed_by) == (EMOJI, 1, "Ann")
    assert line.edited
    assert not line.deleted
    # What is so already is no change.
    assert chat.edit(anyone(room), 1, EMOJI, "ann", "Ann", host=False).change == 1
    line = chat.edit(anyone(room), 1, None, "boss", "Boss", host=True)
    assert (line.text, line.change, line.changed_by) == ("", 2, "Boss")
    assert chat.edit(anyone(room), 1, None, "ann", "Ann", host=False).changed_by == "Boss"
    assert chat.newest(room.pk) == Newest(2, 2)
    assert ChatLine.objects.get(number=1).text == ""


@pytest.mark.django_db
def test_nobody_changes_the_lines_of_others_or_lines_that_are_gone() -> None:
    room = make_room()
    for n in range(2):
        chat.append(room.pk, "ann", str(n), "Ann", "x")
    with pytest.raises(chat.NotYours):
        chat.edit(anyone(room), 1, "y", "bob", "Bob", host=False)
    for text in (" ", "x" * 2001):
        with pytest.raises(chat.BadText):
            chat.edit(anyone(room), 1, text, "ann", "Ann", host=False)
    chat.edit(anyone(room), 1, None, "ann", "Ann", host=False)
    for number in (0, -1, 1, 3):
        with pytest.raises(chat.NotThere):
            chat.edit(anyone(room), number, "y", "ann", "Ann", host=True)
    with pytest.raises(Room.DoesNotExist):
        chat.edit(chat.Reader(4711, "p", None), 1, "y", "ann", "Ann", host=True)


@pytest.mark.django_db
def test_a_line_answers_one_that_is_there() -> None:
    room = make_room()
    numbers = [None, 1, 7, -3]
    lines = [
        chat.append(room.pk, "ann", str(n), "Ann", "x", number)[0]
        for n, number in enumerate(numbers)
    ]
    assert [line.reply_to for line in lines] == [None, 1, None, None]


@pytest.mark.django_db
def test_older_lines_that_have_changed_are_told_a_page_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chat, "PAGE", 2)
    room, numbers = make_room(), (5, 3, 1, 3)
    for n in range(6):
        chat.append(room.pk, "ann", str(n), "Ann", "x")
    for n, number in enumerate(numbers):
        chat.edit(anyone(room), number, f"y{n}", "ann", "Ann", host=False)
    found = chat.since(anyone(room), 6, 0)
    assert ([line.number for line in found.changed], found.change, found.more) == ([5, 1], 3, True)
    found = chat.since(anyone(room), 6, 3)
    assert ([line.number for line in found.changed], found.change, found.more) == ([3], 4, False)
    # Lines that are told anyway come as they are now.
    found = chat.since(anyone(room), 4, 0)
    assert [line.number for line in found.changed] == [1, 3]
    assert [line.text for line in found.lines] == ["y0", "x"]
    assert chat.since(anyone(room), 6).changed == []


@pytest.mark.django_db
def test_newcomers_read_what_was_written_before_them_only_if_the_room_says_so() -> None:
    room = make_room()
    for n in range(5):
        chat.append(room.pk, "ann", str(n), "Ann", "x")
    chat.edit(anyone(room), 1, "y", "ann", "Ann", host=False)
    for participant, seen in (("ann", 0), ("bob", 3)):
        Arrival.objects.create(
            room=room, participant=participant, person=participant, chat_from=seen
        )
    bob = anyone(room, "bob")
    assert len(chat.since(bob, 0).lines) == 5
    Room.objects.update(chat_history=False)
    found = chat.since(bob, 0, 0)
    assert ([line.number for line in found.lines], found.changed, found.change) == ([4, 5], [], 1)
    assert chat.since(bob, 5, 0).changed == []
    assert len(chat.since(anyone(room, "ann"), 0).lines) == 5
    # Nobody knows when this person came.
    assert chat.since(anyone(room, "cid"), 0).lines == []
    with pytest.raises(chat.NotThere):
        chat.edit(bob, 3, "y", "bob", "Bob", host=True)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_change_one_line_at_once_the_last_one_wins() -> None:
    room = make_room()
    chat.append(room.pk, "ann", "n", "Ann", "x")
    start = threading.Barrier(8)
    changes: list[tuple[int, str]] = []
    errors: list[BaseException] = []

    def write(host: int) -> None:
        try:
            start.wait()
            for n in range(3):
                text = f"text {host} {n}"
                line = chat.edit(anyone(room), 1, text, f"h{host}", f"Host {host}", host=True)
                changes.append((line.change, line.text))
        except BaseException as exc:
            errors.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(host,)) for host in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert sorted(change for change, _ in changes) == list(range(1, 25))
    line = ChatLine.objects.get()
    assert (line.change, line.text) == max(changes)
    assert chat.newest(room.pk) == Newest(1, 24)
