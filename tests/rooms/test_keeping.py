"""Deleting what is left of calls after the days that a room allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone
from pycrdt import Doc, Text

from rooms import chat
from rooms.entry import admission
from rooms.entry.passes import Pass
from rooms.management.after_call import FORGET_SECONDS, NOTES_AFTER, AfterCall
from rooms.management.commands.keeper import Keeper
from rooms.models import Attendance, Ban, Call, ChatLine, Invite, NotesUpdate, Post, Room
from rooms.notes import store
from rooms.posts import keeping
from rooms.roles import Role
from tests.rooms.etherpad import Answers, etherpad

__all__ = ["etherpad"]  # a fixture

pytestmark = pytest.mark.django_db

T0 = datetime(2030, 1, 31, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ago(days: float) -> datetime:
    return T0 - timedelta(days=days)


def hold(room: Room, days: float, lasted: timedelta | None = HOUR) -> Call:
    """A call that began so many days ago, with two people and two lines in its first hour."""
    began = ago(days)
    call = Call.objects.create(
        room=room,
        epoch=f"{room.slug}{days}",
        started=began,
        ended=began + lasted if lasted is not None else None,
        notes_html="<p>secret</p>",
    )
    invite, _ = Invite.objects.get_or_create(room=room, role=Role.SPEAKER, uses_left=5)
    for n, name in enumerate(("Ann", "Bob")):
        Attendance.objects.create(
            call=call, participant=name, name=name, came=began, left=call.ended
        )
        invite.admissions.create(person=f"{name}{days}", name=name, first=began)
        line, _ = chat.append(room.pk, name, f"{days}-{n}", name, f"{days} days ago")
        ChatLine.objects.filter(pk=line.pk).update(sent=began + timedelta(minutes=n))
    return call


def write_notes(room: Room, text: str, days: float) -> None:
    doc: Doc[Any] = Doc()
    doc.get("notes", type=Text).insert(0, text)
    store.append(room.pk, doc.get_update())
    NotesUpdate.objects.filter(room=room).update(created=ago(days))


def notes_of(room: Room) -> str:
    return str(store.document(store.load(room.pk)).get("notes", type=Text))


def what_is_left(room: Room) -> tuple[int, int, int, int]:
    """Calls, attendances, chat lines, names of admissions."""
    names = Invite.objects.filter(room=room, admissions__name__gt="")
    return (
        room.calls.count(),
        Attendance.objects.filter(call__room=room).count(),
        room.chat_lines.count(),
        names.count(),
    )


@pytest.fixture
def kept(room: Room) -> Room:
    room.keep_days = 7
    room.save()
    return room


def test_only_what_is_older_than_the_rooms_days_goes(kept: Room) -> None:
    attic = Room.objects.create(slug="attic", title="Attic")
    for days in (20, 8, 3):
        for room in (kept, attic):
            hold(room, days)
    ban = Ban.objects.create(room=kept, person="Bob20", name="Bob")
    post = Post.objects.create(slug="p", title="P", room=kept, call=kept.calls.last(), html="<p>")
    assert keeping.forget(T0)
    assert what_is_left(kept) == (1, 2, 2, 2)
    assert [line.text for line in kept.chat_lines.all()] == ["3 days ago"] * 2
    assert what_is_left(attic) == (3, 6, 6, 6)
    # An invite is used up as before, and its people may come back.
    assert Invite.objects.get(room=kept).admissions.count() == 6
    assert Ban.objects.get() == ban
    post.refresh_from_db()
    assert (post.call, post.html) == (None, "<p>")


def test_a_call_goes_when_its_end_is_old_not_its_beginning(kept: Room) -> None:
    hold(kept, 7.5, timedelta(days=2))
    assert keeping.forget(T0)
    assert what_is_left(kept) == (1, 2, 2, 2)
    assert keeping.forget(T0 + timedelta(days=2))
    assert what_is_left(kept) == (0, 0, 0, 0)


def test_nothing_of_a_running_call_is_touched_however_long_it_runs(kept: Room) -> None:
    write_notes(kept, "secret", 30)
    hold(kept, 30)
    hold(kept, 20, None)
    assert keeping.forget(T0)
    assert what_is_left(kept) == (1, 2, 2, 2)
    assert notes_of(kept) == "secret"


def test_a_chat_with_days_of_its_own_goes_earlier_and_nothing_else_does(kept: Room) -> None:
    kept.chat_days = 2
    kept.save()
    for days in (3, 1):
        hold(kept, days)
    assert keeping.forget(T0)
    assert what_is_left(kept) == (2, 4, 2, 4)
    assert [line.text for line in kept.chat_lines.all()] == ["1 days ago"] * 2
    # No number is used twice, and a call that runs for long keeps its chat.
    hold(kept, 5, None)
    assert keeping.forget(T0)
    assert kept.chat_lines.count() == 4


def test_lines_that_no_call_is_known_for_go_too(kept: Room) -> None:
    hold(kept, 10)
    Call.objects.all().delete()
    assert keeping.forget(T0)
    assert what_is_left(kept) == (0, 0, 0, 0)


def test_the_name_of_somebody_who_may_still_be_in_stays(kept: Room) -> None:
    invite = kept.invites.create(role=Role.SPEAKER)
    came = Pass(kept.pk, Role.SPEAKER, invite.pk, "ann")
    admission.admit(came, "Ann", ago(10), participant="ann")
    keeping.forget(T0)
    assert invite.admissions.get().name == "Ann"
    admission.forget_arrivals(T0)
    keeping.forget(T0)
    assert invite.admissions.get().name == ""


@pytest.mark.parametrize(
    ("written", "call", "cleared"),
    [(8, 8, True), (3, 8, False), (8, 3, False), (20, None, True)],
)
def test_notes_go_when_nobody_has_used_them(
    kept: Room, written: int, call: int | None, cleared: bool
) -> None:
    write_notes(kept, "secret", written)
    if call is not None:
        hold(kept, call)
    keeping.forget(T0)
    assert notes_of(kept) == ("" if cleared else "secret")


def test_chat_numbers_go_on(kept: Room) -> None:
    hold(kept, 10)
    keeping.forget(T0)
    assert chat.last_number(kept.pk) == 2
    assert chat.append(kept.pk, "cid", "n", "Cid", "hello")[0].number == 3


def test_much_is_deleted_in_small_portions(kept: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    call = hold(kept, 10)
    ChatLine.objects.bulk_create(
        ChatLine(room=kept, number=n, person="a", nonce=str(n), text="x", sent=call.started)
        for n in range(10, 35)
    )
    monkeypatch.setattr(keeping, "BATCH", 10)
    assert not keeping.forget(T0, batches=2)
    assert kept.chat_lines.count() == 7
    assert keeping.forget(T0)
    assert what_is_left(kept) == (0, 0, 0, 0)
    assert chat.last_number(kept.pk) == 34


def test_a_dry_run_says_what_would_go(kept: Room) -> None:
    kept.keep_days = 1
    kept.save()
    call = hold(kept, 3)
    moved = timezone.now() - T0
    Call.objects.filter(pk=call.pk).update(started=ago(3) + moved, ended=ago(2.9) + moved)
    ChatLine.objects.update(sent=ago(3) + moved)
    kept.invites.get().admissions.update(first=ago(3) + moved)
    out = StringIO()
    call_command("forget", dry_run=True, stdout=out)
    assert "garden (1 days): 1 calls, 2 attendances, 2 chat lines, 2 names" in out.getvalue()
    assert what_is_left(kept) == (1, 2, 2, 2)
    call_command("forget", stdout=out)
    assert what_is_left(kept) == (0, 0, 0, 0)


# The keeper


def test_the_keeper_looks_now_and_then(kept: Room, clean_redis: Any) -> None:
    keeper = Keeper(clean_redis, block_ms=1)
    for at, days, left in ((0, 10, 0), (2, 11, 1), (FORGET_SECONDS, 12, 0)):
        hold(kept, days)
        keeper.step(T0, at)
        assert kept.calls.count() == left


def test_the_notes_are_stored_as_they_were_at_the_end(room: Room, clean_redis: Any) -> None:
    keeper = Keeper(clean_redis, block_ms=1)
    keeper.step(T0, 0)
    write_notes(room, "as it was", 0)
    call = Call.objects.create(room=room, epoch="e", started=ago(1), ended=T0)
    keeper.after_call.ended([call.pk])
    keeper.step(T0, 2)
    write_notes(room, "later", 0)
    keeper.step(T0, 4)
    call.refresh_from_db()
    assert call.notes_html == "<p>as it was</p>"


def test_notes_of_an_etherpad_that_is_away_are_read_later(
    room: Room, clean_redis: Any, etherpad: type[Answers]
) -> None:
    room.pad_id = "garden-1"
    room.save()
    etherpad.pads["garden-1"] = "r.1"
    keeper = Keeper(clean_redis, block_ms=1)
    keeper.step(T0, 0)
    call = Call.objects.create(room=room, epoch="e", started=ago(1), ended=T0)
    keeper.after_call.ended([call.pk])
    etherpad.say = b"no"
    keeper.step(T0, 0)
    etherpad.say = b'{"code": 0, "message": "ok", "data": {"html": "<p>plans</p>"}}'
    etherpad.forget_failures()
    keeper.step(T0, NOTES_AFTER[1] - 1)
    assert Call.objects.get().notes_html == ""
    keeper.step(T0, NOTES_AFTER[1])
    assert "plans" in Call.objects.get().notes_html


def test_notes_are_stored_later_if_the_database_was_away(
    room: Room,
) -> None:
    write_notes(room, "plans", 0)
    call, after_call = Call.objects.create(room=room, started=ago(1), ended=T0), AfterCall()
    after_call.finish(T0, 0)

    def fail(*_: Any) -> None:
        raise OperationalError("the database is away")

    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        after_call.store_notes(0)
    after_call.store_notes(0)
    call.refresh_from_db()
    assert call.notes_html == "<p>plans</p>"


def test_notes_that_never_come_are_given_up(
    room: Room, clean_redis: Any, etherpad: type[Answers], caplog: pytest.LogCaptureFixture
) -> None:
    room.pad_id = "garden-1"
    room.save()
    keeper = Keeper(clean_redis, block_ms=1)
    keeper.step(T0, 0)
    call = Call.objects.create(room=room, epoch="e", started=ago(1), ended=T0)
    keeper.after_call.ended([call.pk])
    etherpad.say = b"no"
    for at in (*NOTES_AFTER, 5000):
        etherpad.forget_failures()
        keeper.step(T0, at)
    assert len(etherpad.asked) == len(NOTES_AFTER)
    assert caplog.text.count("were not stored") == 1


def test_the_pad_of_an_unused_room_is_deleted_with_its_history(
    kept: Room, etherpad: type[Answers]
) -> None:
    kept.pad_id, kept.pad_read_only_id = "garden-1", "r.1"
    kept.save()
    etherpad.pads["garden-1"] = "r.1"
    etherpad.edited = int(ago(6).timestamp() * 1000)
    keeping.forget(T0)
    assert etherpad.pads
    etherpad.edited = int(ago(8).timestamp() * 1000)
    call = hold(kept, 2)
    keeping.forget(T0)
    assert etherpad.pads
    call.delete()
    keeping.forget(T0)
    assert not etherpad.pads
    asked = len(etherpad.asked)
    keeping.forget(T0)
    assert len(etherpad.asked) == asked
