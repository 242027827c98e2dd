"""The watch over everyone in a process, with the real channel layer and real consumers."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from rooms.workers import sfu, watch
from rooms.workers.pulse import Report
from rooms.workers.seats import Seat, View
from rooms.workers.watch import Watch
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker, changed
from tests.rooms.support import PATIENCE, Browser, join, make_pass, make_room, until

pytestmark = pytest.mark.usefixtures("clean_redis")

FULL, FREE = "full.channel", "free.channel"


def seat(channel: str) -> Seat:
    """A seat in a room that nobody holds: it is always due."""
    return Seat(channel, "garden", "p", "seat")


async def fill(channel: str) -> None:
    """Send unread messages until the channel accepts no more."""
    for _ in range(5_000):
        try:
            await get_channel_layer().send(channel, {"type": "filler"})
        except ChannelFull:
            return
    raise AssertionError("the channel is never full")


async def drain(channel: str) -> None:
    await sfu.client().delete(f"confcall{channel}")


async def heard(channel: str) -> str:
    async with asyncio.timeout(PATIENCE):
        return str((await get_channel_layer().receive(channel))["type"])


@pytest.fixture
def small_channels(settings: Any) -> None:
    """The layer of the settings, with smaller channels."""
    backend, config = (settings.CHANNEL_LAYERS["default"][name] for name in ("BACKEND", "CONFIG"))
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": backend, "CONFIG": {**config, "capacity": 20}}
    }


@pytest.mark.usefixtures("small_channels")
async def test_a_full_channel_keeps_nobody_else_from_hearing_that_a_seat_is_due() -> None:
    own = Watch({name: seat(name) for name in (FULL, FREE)})
    await fill(FULL)
    await own.step(time.monotonic())
    assert await heard(FREE) == "seat_due"
    # Nobody is forgotten: the message comes as soon as there is space.
    await drain(FULL)
    await own.step(time.monotonic())
    assert await heard(FULL) == "seat_due"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_channels")
async def test_people_are_moved_although_another_channel_of_their_process_is_full() -> None:
    room = await make_room()
    async with FakeWorker("a") as first, FakeWorker("b", load=1.0) as second:
        await fill(FULL)
        # First in the watch's order: somebody who came earlier and whose page hangs.
        watch.watch().sit(Seat(FULL, room.slug, "p", "seat"))
        ann, welcome = await join(room)
        await ann.hear("room_state")
        await first.die()
        await ann.hear("worker_lost")
        assert (await ann.hear("room_state"))["epoch"] == "e-b"
        assert (await second.heard(wire.Join)).participant == welcome["participant"]
        await ann.gone()
        watch.watch().rise(FULL)


@pytest.mark.django_db(transaction=True)
async def test_entering_again_is_repeated_until_it_succeeds(
    clean_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, welcome = await join(room)
        await ann.hear("room_state")
        await worker.heard(wire.Join)
        await until(_era_is_known)
        tries = 0
        place = sfu.place

        async def fails_once(*args: Any, **kwargs: Any) -> wire.Claim | None:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise sfu.Unavailable("for a moment")
            return await place(*args, **kwargs)

        monkeypatch.setattr(sfu, "place", fails_once)
        clean_redis.flushall()
        assert (await worker.heard(wire.Join)).participant == welcome["participant"]
        assert tries >= 2
        await ann.gone()


async def _era_is_known() -> bool:
    return watch.watch().pulse.era is not None


async def test_an_error_of_ours_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    look, looks = watch.look, 0

    async def stumbles(*args: Any) -> View:
        nonlocal looks
        looks += 1
        if looks < 3:
            raise AttributeError("a mistake")
        return await look(*args)

    monkeypatch.setattr(watch, "look", stumbles)
    own = Watch()
    own.sit(seat(FREE))
    try:
        assert await heard(FREE) == "seat_due"
    finally:
        own.rise(FREE)
        assert own._task is not None
        await own._task


async def test_an_outage_of_redis_is_logged_once_and_so_is_its_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    look, looks = watch.look, 0

    async def stumbles(*args: Any) -> View:
        nonlocal looks
        looks += 1
        if looks < 3:
            raise sfu.Unavailable("gone")
        return await look(*args)

    monkeypatch.setattr(watch, "look", stumbles)
    caplog.set_level("INFO", "rooms.workers.watch")
    own = Watch()
    own.sit(seat(FREE))
    try:
        assert await heard(FREE) == "seat_due"
    finally:
        own.rise(FREE)
        assert own._task is not None
        await own._task
    said = [record.getMessage() for record in caplog.records]
    assert said == ["x Redis is away, media goes on: gone", "- Redis is back"]


# When it looks


@pytest.mark.django_db(transaction=True)
async def test_a_word_that_something_changed_makes_it_look_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = await make_room()
    async with FakeWorker("a") as first, FakeWorker("b", load=1.0):
        ann, _ = await join(room)
        await ann.hear("room_state")
        await until(_era_is_known)
        # From now on only the word counts. The look before it may still take its second.
        monkeypatch.setattr(watch, "STEP_SECONDS", 3600.0)
        await until(_someone_listens)
        await first.die()
        await ann.hear("worker_lost")
        assert (await ann.hear("room_state"))["epoch"] == "e-b"
        await ann.gone()


async def _someone_listens() -> bool:
    client: Any = sfu.client()
    [(_, count)] = await client.pubsub_numsub(wire.CHANGED_CHANNEL)
    return bool(count)


# The lease


async def lease_of(browser_channel: str) -> set[str]:
    client: Any = sfu.client()
    fields = await client.hgetall(wire.web_key(browser_channel.partition("!")[0]))
    return {name.decode() for name in fields}


@pytest.mark.django_db(transaction=True)
async def test_the_lease_of_a_process_beats_and_lists_its_open_seats_only() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, _ = await join(room, "Ann")
        bob, _ = await join(room, "Bob")
        one, two = [(await worker.heard(wire.Join)).reply for _ in range(2)]
        assert "!" in one

        async def listed(*channels: str) -> bool:
            return await lease_of(one) == {"beat", *channels}

        await until(lambda: listed(one, two))
        client: Any = sfu.client()
        key = wire.web_key(one.partition("!")[0])
        first = int(await client.hget(key, "beat"))

        async def beats() -> bool:
            return int(await client.hget(key, "beat")) > first

        await until(beats)
        assert 0 < await client.pttl(key) <= 1000 * wire.WEB_TTL_SECONDS
        await bob.gone()
        await until(lambda: listed(one))
        # When the last one has gone, that is said too.
        await ann.gone()
        await until(listed)


# What happens to workers


@pytest.mark.django_db(transaction=True)
async def test_a_worker_that_was_only_late_goes_on_with_everyone() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, welcome = await join(room)
        await ann.hear("room_state")
        await worker.heard(wire.Join)
        worker.beating = False
        await ann.hear("worker_lost")
        await worker.live()
        assert (await ann.hear("room_state"))["epoch"] == "e-w1"
        assert (await worker.heard(wire.Join)).participant == welcome["participant"]
        await ann.gone()


@pytest.mark.django_db(transaction=True)
async def test_people_leave_a_draining_worker_without_a_word_of_a_loss() -> None:
    room = await make_room()
    async with FakeWorker("a") as first, FakeWorker("b", load=1.0) as second:
        ann, welcome = await join(room)
        await ann.hear("room_state")
        first.draining = True
        await first.live()
        await changed()
        assert (await ann.hear("room_state"))["epoch"] == "e-b"
        joined = await second.heard(wire.Join)
        assert joined.participant == welcome["participant"]
        # They have a place in the room, however full it is there.
        assert (joined.max_people, joined.take) == (0, False)
        await ann.gone()


@pytest.mark.django_db(transaction=True)
async def test_a_worker_that_is_alone_keeps_its_people_while_it_drains() -> None:
    room = await make_room()
    async with FakeWorker(draining=False) as worker:
        ann, _ = await join(room)
        await ann.hear("room_state")
        await worker.heard(wire.Join)
        worker.draining = True
        await worker.live()
        await changed()
        await until(_sees_draining)
        assert worker.commands.empty()
        await ann.gone()


async def _sees_draining() -> bool:
    view = watch.watch().view
    return view is not None and any(report.draining for report in view.workers.values())


@pytest.mark.django_db(transaction=True)
async def test_after_a_move_nothing_is_heard_of_the_previous_worker() -> None:
    room = await make_room()
    async with FakeWorker("a") as first, FakeWorker("b", load=1.0) as second:
        ann, welcome = await join(room)
        await ann.hear("room_state")
        me = welcome["participant"]
        # It hangs, and another one gets the room.
        first.beating = False
        await ann.hear("worker_lost")
        assert (await ann.hear("room_state"))["epoch"] == "e-b"
        # It wakes up, and says what it had to say.
        await first.tell_group("garden", wire.ParticipantLeft("garden", "e-a", 2, me))
        await first.tell(first.replies[me], wire.Removed("timeout"))
        await first.tell(first.replies[me], wire.SlotPaused("4", "p:camera", "unwanted"))
        await first.live()
        assert first.held == {}
        await second.tell(second.replies[me], wire.SlotPaused("5", "p:camera", "unwanted"))
        assert (await ann.hear("slot_paused"))["mid"] == "5"
        await ann.gone()


@pytest.mark.django_db(transaction=True)
async def test_until_the_next_worker_answers_the_previous_one_is_heard() -> None:
    room = await make_room()
    async with FakeWorker("a") as first, FakeWorker("b", load=1.0) as second:
        ann, welcome = await join(room)
        await ann.hear("room_state")
        second.answers[wire.Join] = []
        first.draining = True
        await first.live()
        await changed()
        me = welcome["participant"]
        asked = [await second.heard(wire.Join)]
        await first.tell_group("garden", wire.ParticipantLeft("garden", "e-a", 2, "p"))
        await ann.hear("participant_left")
        # The join is repeated until it is answered.
        asked.append(await second.heard(wire.Join))
        assert [join.participant for join in asked] == [me, me]
        del second.answers[wire.Join]
        assert (await ann.hear("room_state"))["epoch"] == "e-b"
        await ann.gone()


@pytest.mark.django_db(transaction=True)
async def test_a_participant_whom_the_worker_does_not_list_enters_again() -> None:
    room = await make_room()
    async with FakeWorker() as worker:
        ann, welcome = await join(room)
        await ann.hear("room_state")
        await worker.heard(wire.Join)
        worker.channels.clear()
        assert (await worker.heard(wire.Join)).participant == welcome["participant"]
        await ann.hear("room_state")
        await ann.gone()


@pytest.mark.django_db(transaction=True)
async def test_a_first_join_without_an_answer_is_repeated_and_then_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rooms.consumers.joining.JOIN_SECONDS", 4.0)
    room = await make_room()
    async with FakeWorker() as worker:
        worker.answers[wire.Join] = []
        ann = Browser(f"/ws/call/{room.slug}/")
        await ann.connect()
        await ann.say(**{"type": "join", "pass": await make_pass(room)})
        one, two = [await worker.heard(wire.Join) for _ in range(2)]
        assert one == two
        assert one.take
        await ann.refused("unavailable", 4503)
        await ann.gone()


async def test_a_seat_that_comes_while_the_watch_ends_is_watched_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ending, go_on = asyncio.Event(), asyncio.Event()

    class Slow(watch.Listener):
        async def __aexit__(self, *args: object) -> None:
            ending.set()
            await go_on.wait()
            await super().__aexit__(*args)

    monkeypatch.setattr(watch, "Listener", Slow)
    own = Watch()
    own.sit(seat(FULL))
    assert await heard(FULL) == "seat_due"
    own.rise(FULL)
    async with asyncio.timeout(PATIENCE):
        await ending.wait()
    own.sit(seat(FREE))
    go_on.set()
    assert await heard(FREE) == "seat_due"
    own.rise(FREE)


async def test_who_was_silent_is_forgotten_with_the_last_seat() -> None:
    """Otherwise a newcomer, much later, would not be let in to a worker that lives again."""
    await sfu.client().set(wire.room_key("garden"), "1 a")
    own = Watch()
    own.sit(seat(FREE))
    assert await heard(FREE) == "seat_due"
    assert "a" in own.pulse.living
    own.pulse.answered(time.monotonic() + 1, own.pulse.era or "", {"a": Report(dead=True)})
    assert own.pulse.dead == {"a"}
    own.rise(FREE)

    async def has_ended() -> bool:
        return not own.pulse.dead and own.view is None

    await until(has_ended)
