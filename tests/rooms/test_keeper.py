from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rooms.entry import admission, passes
from rooms.entry.passes import Pass
from rooms.management.commands.keeper import MERGE_AGAIN_SECONDS, Keeper, loop
from rooms.management.lost_rights import TELL_AGAIN_SECONDS
from rooms.models import Arrival, Call, NotesUpdate, Room
from rooms.notes import store as notes_store
from rooms.roles import Role
from rooms.workers import calls, sfu
from sfu_worker import wire

pytestmark = pytest.mark.django_db

T0 = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def keeper(clean_redis: Any) -> Keeper:
    return Keeper(clean_redis, block_ms=1)


def happen(
    redis: Any, event: str, people: int, minute: int, epoch: str = "e1", room: str = "garden"
) -> None:
    at = (T0 + timedelta(minutes=minute)).timestamp()
    redis.xadd(
        wire.CALLS_STREAM,
        {"room": room, "epoch": epoch, "event": event, "at": f"{at:.3f}", "people": str(people)},
    )


def live(redis: Any, epoch: str) -> None:
    redis.set(wire.live_key("garden"), f'{{"epoch": "{epoch}", "people": 1, "started": 1.0}}')


def test_a_call_is_written_down(room: Room, keeper: Keeper, clean_redis: Any) -> None:
    for minute, (event, people) in enumerate(
        [("started", 1), ("peak", 2), ("peak", 5), ("ended", 0)]
    ):
        happen(clean_redis, event, people, minute)
    assert keeper.record_calls() == 4
    call = Call.objects.get()
    assert (call.room, call.started, call.ended, call.most_people) == (
        room,
        T0,
        T0 + timedelta(minutes=3),
        5,
    )
    assert keeper.record_calls() == 0


@pytest.mark.usefixtures("room")
def test_events_may_come_twice_and_in_any_order(keeper: Keeper, clean_redis: Any) -> None:
    events = [("ended", 0, 9), ("peak", 4, 2), ("started", 1, 0), ("peak", 4, 2), ("ended", 0, 9)]
    for event, people, minute in events:
        happen(clean_redis, event, people, minute)
    keeper.record_calls()
    call = Call.objects.get()
    assert (call.started, call.ended, call.most_people) == (T0, T0 + timedelta(minutes=9), 4)


@pytest.mark.usefixtures("room")
def test_an_entry_that_was_read_and_not_finished_is_done_again(
    keeper: Keeper, clean_redis: Any, monkeypatch: Any
) -> None:
    from django.db import OperationalError

    happen(clean_redis, "started", 1, 0)

    def fail(_: object) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(calls, "record", fail)
        with pytest.raises(OperationalError):
            keeper.record_calls()
    assert not Call.objects.exists()
    keeper.record_calls()
    assert Call.objects.exists()


@pytest.mark.usefixtures("room")
def test_entries_that_are_nothing_do_not_stop_the_others(keeper: Keeper, clean_redis: Any) -> None:
    clean_redis.xadd(wire.CALLS_STREAM, {"hello": "world"})
    happen(clean_redis, "started", 1, 0, room="nowhere", epoch="e0")
    happen(clean_redis, "exploded", 1, 0, epoch="e2")
    clean_redis.xadd(
        wire.CALLS_STREAM,
        {"room": "garden", "epoch": "e3", "event": "started", "at": "nan", "people": "1"},
    )
    happen(clean_redis, "started", 1, 0)
    keeper.record_calls()
    assert [call.epoch for call in Call.objects.all()] == ["e1"]


@pytest.mark.usefixtures("room")
def test_a_call_whose_worker_died_ends_when_it_was_last_seen(
    keeper: Keeper, clean_redis: Any
) -> None:
    happen(clean_redis, "started", 1, 0)
    keeper.record_calls()
    live(clean_redis, "e1")
    now = T0 + timedelta(minutes=1)
    assert keeper.end_lost_calls(now, 60) == []
    clean_redis.delete(wire.live_key("garden"))
    assert keeper.end_lost_calls(now, 60) == []
    assert keeper.end_lost_calls(now + timedelta(seconds=30), 90) == []
    assert len(keeper.end_lost_calls(now + timedelta(seconds=31), 91)) == 1
    assert Call.objects.get().ended == now


@pytest.mark.parametrize("hours", [1, -1])
@pytest.mark.usefixtures("room")
def test_a_call_goes_on_when_a_clock_was_moved(
    keeper: Keeper, clean_redis: Any, hours: int
) -> None:
    happen(clean_redis, "started", 1, 0)
    keeper.record_calls()
    # Not seen for a moment, as when the clock of Redis is put forward.
    assert keeper.end_lost_calls(T0, 0) == []
    moved = timedelta(hours=hours)
    assert keeper.end_lost_calls(T0 + moved, 2) == []
    live(clean_redis, "e1")
    assert keeper.end_lost_calls(T0 + moved, 4) == []
    clean_redis.delete(wire.live_key("garden"))
    keeper.end_lost_calls(T0 + moved, 6)
    assert len(keeper.end_lost_calls(T0 + moved, 40)) == 1
    # It lasted no negative time.
    call = Call.objects.get()
    assert call.ended is not None
    assert call.ended >= call.started


@pytest.mark.usefixtures("room")
def test_a_call_whose_worker_has_its_clock_put_back_lasts_no_negative_time(
    keeper: Keeper, clean_redis: Any
) -> None:
    happen(clean_redis, "started", 1, 0)
    happen(clean_redis, "peak", 2, -50)
    happen(clean_redis, "ended", 0, -40)
    keeper.record_calls()
    call = Call.objects.get()
    assert (call.started, call.ended) == (T0, T0)


@pytest.mark.usefixtures("room")
def test_a_call_that_is_seen_again_goes_on(keeper: Keeper, clean_redis: Any) -> None:
    happen(clean_redis, "started", 1, 0)
    keeper.record_calls()
    keeper.end_lost_calls(T0, 0)
    live(clean_redis, "e1")
    keeper.end_lost_calls(T0, 20)
    clean_redis.delete(wire.live_key("garden"))
    assert keeper.end_lost_calls(T0, 40) == []
    live(clean_redis, "e2")
    # Another life of the room is another call.
    assert len(keeper.end_lost_calls(T0, 80)) == 1


@pytest.mark.usefixtures("room")
def test_a_call_that_moves_to_another_worker_stays_one_call(
    keeper: Keeper, clean_redis: Any
) -> None:
    happen(clean_redis, "started", 1, 0)
    happen(clean_redis, "peak", 8, 1)
    live(clean_redis, "e1")
    keeper.record_calls()
    for move, epoch in enumerate(("e2", "e3")):
        at = 100.0 * move
        live(clean_redis, epoch)
        happen(clean_redis, "started", 1, 5 + move, epoch)
        happen(clean_redis, "peak", 3, 5 + move, epoch)
        keeper.record_calls()
        assert keeper.end_lost_calls(T0, at) == []
        assert len(keeper.end_lost_calls(T0, at + 40)) == 1
        call = Call.objects.get()
        assert (call.epoch, call.started, call.ended, call.most_people) == (epoch, T0, None, 8)
    happen(clean_redis, "ended", 0, 9, "e3")
    keeper.record_calls()
    assert Call.objects.get().ended == T0 + timedelta(minutes=9)


@pytest.mark.usefixtures("room")
def test_a_call_that_was_over_before_another_is_missing_does_not_carry_it_on(
    keeper: Keeper, clean_redis: Any
) -> None:
    happen(clean_redis, "started", 1, 0)
    happen(clean_redis, "started", 1, 5, "e2")
    happen(clean_redis, "ended", 0, 6, "e2")
    keeper.record_calls()
    keeper.end_lost_calls(T0 + timedelta(minutes=20), 0)
    keeper.end_lost_calls(T0 + timedelta(minutes=21), 60)
    ends = {call.epoch: call.ended for call in Call.objects.all()}
    assert ends == {
        "e1": T0 + timedelta(minutes=20),
        "e2": T0 + timedelta(minutes=6),
    }


def test_notes_with_many_rows_are_merged(room: Room, keeper: Keeper) -> None:
    rows = [
        NotesUpdate(room=room, update_bytes=b"\x00\x00")
        for _ in range(notes_store.COMPACT_ROWS + 1)
    ]
    NotesUpdate.objects.bulk_create(rows)
    keeper.compact_notes(0)
    assert NotesUpdate.objects.count() == 1


def test_arrivals_are_forgotten_when_no_pass_is_left_and_no_call_is_running(
    room: Room, keeper: Keeper, clean_redis: Any
) -> None:
    def arrive(room: Room, name: str, age: timedelta) -> None:
        Arrival.objects.create(
            room=room, participant=name, person=name, role=Role.SPEAKER, since=T0 - age
        )

    attic = Room.objects.create(slug="attic", title="Attic")
    day = timedelta(days=1)
    arrive(attic, "long gone", day)
    arrive(attic, "may be back", passes.MAX_AGE)
    arrive(room, "in a long call", day)
    happen(clean_redis, "started", 1, 0)
    live(clean_redis, "e1")
    keeper.step(T0, 0)
    assert set(Arrival.objects.values_list("person", flat=True)) == {
        "may be back",
        "in a long call",
    }
    happen(clean_redis, "ended", 0, 1)
    keeper.step(T0 + day, 86400)
    assert not Arrival.objects.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_when_it_is_told_to(number: int, tmp_path: Any, clean_redis: Any) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    run = [sys.executable, "-m", "django"]
    subprocess.run([*run, "migrate", "-v0"], env=environment, check=True, timeout=120)
    process = subprocess.Popen([*run, "keeper"], env=environment)
    try:
        # It is ready once its consumer group exists.
        while not clean_redis.exists(wire.CALLS_STREAM):
            assert process.poll() is None
        process.send_signal(number)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.usefixtures("room")
def test_an_entry_that_cannot_be_written_down_does_not_stop_the_others(
    keeper: Keeper, clean_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = calls.record

    def stumble(event: calls.CallEvent) -> Call | None:
        if event.epoch == "e1":
            raise TypeError("a mistake")
        return record(event)

    monkeypatch.setattr(calls, "record", stumble)
    for epoch in ("e1", "e2"):
        happen(clean_redis, "started", 1, 0, epoch=epoch)
    keeper.record_calls()
    assert [call.epoch for call in Call.objects.all()] == ["e2"]
    assert keeper.record_calls() == 0


def test_a_chore_that_fails_keeps_no_other_from_being_done(
    room: Room, keeper: Keeper, clean_redis: Any
) -> None:
    happen(clean_redis, "started", 1, 0)
    keeper.record_calls()
    clean_redis.set(wire.live_key("garden"), "not JSON")
    rows = [NotesUpdate(room=room, update_bytes=b"\x00\x00") for _ in range(201)]
    NotesUpdate.objects.bulk_create(rows)
    with pytest.raises(ValueError, match="Expecting value"):
        keeper.step(T0, 0)
    assert NotesUpdate.objects.count() == 1


def test_notes_that_cannot_be_merged_stay_and_the_others_are_merged(keeper: Keeper) -> None:
    rows = []
    for slug, update in (("broken", b"\xff" * 9), ("good", b"\x00\x00")):
        room = Room.objects.create(slug=slug, title=slug)
        rows += [NotesUpdate(room=room, update_bytes=update) for _ in range(201)]
    NotesUpdate.objects.bulk_create(rows)
    keeper.compact_notes(0)
    assert NotesUpdate.objects.filter(room__slug="good").count() == 1
    assert NotesUpdate.objects.filter(room__slug="broken").count() == 201


def test_notes_that_cannot_be_merged_are_not_read_at_every_step(
    keeper: Keeper, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [NotesUpdate(room=room, update_bytes=b"\xff" * 9) for _ in range(201)]
    NotesUpdate.objects.bulk_create(rows)
    compact, tries = notes_store.compact, []

    def count(room: int) -> None:
        tries.append(room)
        compact(room)

    monkeypatch.setattr(notes_store, "compact", count)
    for seconds in (0, 2, 4):
        keeper.compact_notes(seconds)
    assert len(tries) == 1
    keeper.compact_notes(MERGE_AGAIN_SECONDS)
    assert len(tries) == 2


def test_a_mistake_does_not_end_the_keeper(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    monkeypatch.setattr("rooms.management.commands.keeper.RETRY_SECONDS", 0)
    steps = 0

    class Stumbling(Keeper):
        def step(self, now: datetime, at: float) -> None:
            nonlocal steps
            steps += 1
            if steps == 3:
                stop.set()
            raise KeyError("epoch")

    loop(Stumbling(None), stop)
    assert steps == 3


# Streams and viewers


@pytest.mark.parametrize(
    ("change", "ended"),
    [
        pytest.param({}, set(), id="nothing"),
        pytest.param({"role": Role.LISTENER}, {"cam"}, id="lowered"),
        pytest.param({"revoked": True}, {"cam", "tv"}, id="revoked"),
        pytest.param({"expires": T0}, {"cam", "tv"}, id="expired"),
    ],
)
def test_a_stream_ends_when_its_invite_does_not_let_it_send(
    room: Room, keeper: Keeper, clean_redis: Any, change: dict[str, Any], ended: set[str]
) -> None:
    invite = room.invites.create(role=Role.SPEAKER)
    kinds: dict[str, wire.Kind] = {"cam": "whip", "tv": "whep", "ann": "call"}
    for participant, kind in kinds.items():
        pass_ = Pass(room.pk, Role.SPEAKER, invite.pk, f"{kind}-1")
        admission.admit(pass_, kind, T0 - timedelta(days=1), participant=participant, kind=kind)
    room.invites.update(**change)
    # Nobody is in, so there is nobody to tell.
    assert keeper.lost_rights.end_streams(T0, 0) == []
    live(clean_redis, "e1")
    clean_redis.set(wire.room_key("garden"), "1 w1")
    clean_redis.set(wire.worker_key("w1"), "{}")
    assert set(keeper.lost_rights.end_streams(T0, 0)) == ended
    # Not every two seconds, but again in case the worker missed it.
    assert keeper.lost_rights.end_streams(T0, 2) == []
    assert set(keeper.lost_rights.end_streams(T0, TELL_AGAIN_SECONDS)) == ended
    # Twice is enough: their rows stay for hours.
    assert keeper.lost_rights.end_streams(T0, 2 * TELL_AGAIN_SECONDS) == []
    # Those who may be in again meanwhile are told anew later.
    room.invites.update(role=Role.SPEAKER, revoked=False, expires=None)
    assert keeper.lost_rights.end_streams(T0, 3 * TELL_AGAIN_SECONDS) == []
    room.invites.update(**change)
    assert set(keeper.lost_rights.end_streams(T0, 4 * TELL_AGAIN_SECONDS)) == ended


def test_the_streams_of_a_room_are_told_over_one_connection(
    room: Room, keeper: Keeper, clean_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite = room.invites.create(role=Role.SPEAKER)
    for n in range(3):
        pass_ = Pass(room.pk, Role.SPEAKER, invite.pk, f"whip-{n}")
        admission.admit(pass_, "Cam", T0, participant=f"cam{n}", kind="whip")
    room.invites.update(revoked=True)
    live(clean_redis, "e1")
    clean_redis.set(wire.room_key("garden"), "1 w1")
    clean_redis.set(wire.worker_key("w1"), "{}")
    claim_of, asked = sfu.claim_of, []

    async def count(slug: str) -> wire.Claim | None:
        asked.append(slug)
        return await claim_of(slug)

    monkeypatch.setattr(sfu, "claim_of", count)
    assert set(keeper.lost_rights.end_streams(T0, 0)) == {"cam0", "cam1", "cam2"}
    assert asked == ["garden"]
