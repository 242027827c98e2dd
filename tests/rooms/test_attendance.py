"""Who was in a call: by the keeper's rounds over reports in a real Redis."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rooms.entry import admission
from rooms.entry.passes import Pass
from rooms.management.commands.keeper import Keeper
from rooms.models import Attendance, Call, Post, Room
from rooms.posts.attendance import Changes, came_at, compare
from rooms.roles import Role
from sfu_worker import wire

T0 = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


class Meeting:
    """A room with people, what its worker says, and the keeper."""

    def __init__(self, client: Any, room: Room) -> None:
        self.redis, self.room = client, room
        self.keeper = Keeper(client, block_ms=1)

    def arrive(
        self, who: str, at: float, role: Role = Role.SPEAKER, kind: wire.Kind = "call"
    ) -> None:
        invite, _ = self.room.invites.get_or_create(role=role)
        pass_ = Pass(self.room.pk, role, invite.pk, f"person-{who}")
        admission.admit(pass_, who.title(), after(at), participant=who, kind=kind)

    def happen(self, event: str, at: float, epoch: str = "e1", people: int = 1) -> None:
        values = {"event": event, "at": f"{after(at).timestamp():.3f}", "people": str(people)}
        self.redis.xadd(wire.CALLS_STREAM, {"room": self.room.slug, "epoch": epoch} | values)

    def report(self, *participants: str, epoch: str = "e1") -> None:
        channels = dict.fromkeys(participants, "web!1")
        self.redis.set(
            wire.live_key(self.room.slug), json.dumps({"epoch": epoch, "channels": channels})
        )

    def silence(self) -> None:
        self.redis.delete(wire.live_key(self.room.slug))

    def step(self, at: float) -> None:
        self.keeper.step(after(at), at)

    def restart(self) -> None:
        self.keeper = Keeper(self.redis, block_ms=1)


@pytest.fixture
def meeting(room: Room, clean_redis: Any) -> Meeting:
    return Meeting(clean_redis, room)


def people() -> dict[str, tuple[str, float, float | None]]:
    """Role, came and left by name, in seconds after T0."""

    def seconds(value: datetime | None) -> float | None:
        return None if value is None else (value - T0).total_seconds()

    return {
        row.name: (row.role, (row.came - T0).total_seconds(), seconds(row.left))
        for row in Attendance.objects.all()
    }


def test_the_rows_are_compared_with_the_report() -> None:
    rows = {"ann": False, "bob": True, "cid": False, "dan": True}
    assert compare(["ann", "bob", "eve"], rows) == Changes(["eve"], ["bob"], ["cid"])
    assert compare([], {}) == Changes([], [], [])


@pytest.mark.parametrize(("since", "came"), [(-1, 0), (20, 20), (-3600, 60), (90, 60)], ids=str)
def test_an_arrival_outside_the_call_does_not_say_when_they_came(since: int, came: int) -> None:
    assert came_at(after(since), T0, after(60)) == after(came)


def test_a_call_with_a_wrong_clock_has_no_one_before_it_began() -> None:
    assert came_at(after(3), after(3600), after(5)) == after(3600)


@pytest.mark.django_db
def test_people_come_leave_and_come_back_with_one_row_each(meeting: Meeting) -> None:
    meeting.arrive("ann", -1, Role.OWNER)
    meeting.arrive("ann", 0, Role.LISTENER)
    meeting.happen("started", 0)
    meeting.report("ann", "camera")
    meeting.arrive("camera", 1, kind="whip")
    meeting.step(2)
    meeting.arrive("bob", 60, Role.LISTENER)
    meeting.report("ann", "bob")
    meeting.step(62)
    meeting.report("ann")
    meeting.step(120)
    assert people() == {"Ann": ("owner", 0, None), "Bob": ("listener", 60, 120)}
    meeting.arrive("bob", 180, Role.LISTENER)
    meeting.report("ann", "bob")
    meeting.step(182)
    assert people()["Bob"] == ("listener", 60, None)
    meeting.report("bob")
    meeting.step(200)
    meeting.happen("ended", 300, people=0)
    meeting.silence()
    meeting.step(302)
    assert people() == {"Ann": ("owner", 0, 200), "Bob": ("listener", 60, 300)}


@pytest.mark.django_db
def test_a_call_that_moves_to_another_worker_keeps_one_row_for_each_person(
    meeting: Meeting,
) -> None:
    for who in ("ann", "bob", "cid"):
        meeting.arrive(who, 0)
    meeting.happen("started", 0)
    meeting.report("ann", "bob", "cid")
    meeting.step(1)
    post = Post.objects.create(slug="p", title="P", room=meeting.room, call=Call.objects.get())
    meeting.silence()
    meeting.step(10)
    # Cid's page does not find the way to the other worker, dan comes meanwhile.
    meeting.happen("started", 12, "e2")
    for who in ("ann", "bob", "dan"):
        meeting.arrive(who, 12)
    meeting.report("ann", "bob", "dan", epoch="e2")
    meeting.step(14)
    assert Call.objects.count() == 2
    meeting.step(60)
    meeting.step(62)
    call = Call.objects.get()
    assert (call.epoch, call.started) == ("e2", T0)
    assert people() == {
        "Ann": ("speaker", 0, None),
        "Bob": ("speaker", 0, None),
        "Cid": ("speaker", 0, 60),
        "Dan": ("speaker", 12, None),
    }
    post.refresh_from_db()
    assert post.call == call


@pytest.mark.django_db
def test_a_call_that_moved_and_ended_soon_keeps_the_people_of_the_first_part(
    meeting: Meeting,
) -> None:
    meeting.arrive("ann", 0)
    meeting.happen("started", 0)
    meeting.report("ann")
    meeting.step(1)
    meeting.silence()
    meeting.step(10)
    meeting.happen("started", 12, "e2")
    meeting.happen("ended", 20, "e2", people=0)
    meeting.step(22)
    meeting.step(60)
    assert people() == {"Ann": ("speaker", 0, 20)}
    assert Call.objects.get().started == T0


@pytest.mark.django_db
def test_nobody_is_missed_in_a_call_that_is_shorter_than_a_round(meeting: Meeting) -> None:
    meeting.arrive("old", -300)
    meeting.happen("started", -290, "e0")
    meeting.happen("ended", -5, "e0", people=0)
    meeting.arrive("ann", -1, Role.OWNER)
    meeting.arrive("bob", 1)
    meeting.happen("started", 0)
    meeting.happen("ended", 1.5, people=0)
    meeting.arrive("cid", 2)
    meeting.step(3)
    first, second = Call.objects.order_by("started")
    assert [row.name for row in first.attendances.all()] == ["Old"]
    assert {row.name for row in second.attendances.all()} == {"Ann", "Bob"}
    assert people()["Bob"] == ("speaker", 1, 1.5)


@pytest.mark.django_db
def test_somebody_between_two_rounds_is_written_down_unless_the_room_was_full(
    meeting: Meeting,
) -> None:
    for epoch, peak in (("e1", 1), ("e2", 2)):
        begin = 0 if epoch == "e1" else 1000
        meeting.room.max_people = 2
        meeting.room.save()
        meeting.arrive("ann", begin)
        meeting.happen("started", begin, epoch)
        meeting.happen("peak", begin + 1, epoch, people=peak)
        meeting.report("ann", epoch=epoch)
        meeting.step(begin + 2)
        meeting.arrive("bob", begin + 3)
        meeting.happen("ended", begin + 100, epoch, people=0)
        meeting.silence()
        meeting.step(begin + 102)
        rows = Call.objects.get(epoch=epoch).attendances.all()
        lasted = {row.name: (row.left - row.came).total_seconds() for row in rows if row.left}
        assert lasted == ({"Ann": 100, "Bob": 10} if epoch == "e1" else {"Ann": 100})


@pytest.mark.django_db
def test_a_keeper_that_was_away_at_the_end_completes_the_call(meeting: Meeting) -> None:
    meeting.arrive("ann", 0)
    meeting.happen("started", 0)
    meeting.report("ann")
    meeting.step(1)
    Call.objects.update(ended=after(50))
    meeting.silence()
    meeting.restart()
    meeting.step(7200)
    assert people() == {"Ann": ("speaker", 0, 50)}


@pytest.mark.django_db
def test_nobody_leaves_while_redis_or_the_worker_is_away(
    meeting: Meeting, without_redis: None
) -> None:
    meeting.arrive("ann", 0)
    meeting.happen("started", 0)
    meeting.report("ann")
    meeting.step(1)
    import redis

    lost = redis.Redis.from_url("redis://127.0.0.1:1/0")
    good, meeting.keeper._redis = meeting.keeper._redis, lost
    with pytest.raises(redis.exceptions.ConnectionError):
        meeting.step(4)
    meeting.keeper._redis = good
    meeting.silence()
    meeting.step(8)
    assert people() == {"Ann": ("speaker", 0, None)}
    meeting.step(60)
    assert people() == {"Ann": ("speaker", 0, 8)}


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow(meeting: Meeting) -> None:
    counts = []
    for number in (0, 1, 4):
        calls = []
        for n in range(number):
            room = Room.objects.create(slug=f"room{number}{n}", title="Room")
            other = Meeting(meeting.redis, room)
            for who in range(number):
                other.arrive(f"{number}-{n}-{who}", 1)
            other.happen("started", 0, f"e{number}{n}")
            other.report(*(f"{number}-{n}-{who}" for who in range(number)), epoch=f"e{number}{n}")
            calls.append(other)
        meeting.keeper.record_calls()
        meeting.keeper.end_lost_calls(after(2), 2)
        with CaptureQueriesContext(connection) as queries:
            meeting.keeper.after_call.write_attendances(after(2))
        counts.append(len(queries))
        Call.objects.update(ended=after(3))
    assert counts[0] == 0
    assert counts[1] == counts[2] <= 5
    assert Attendance.objects.count() == 17
