"""When a room is open: once, every week, and in its opening hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import WEEKLY, rrule
from hypothesis import assume, given
from hypothesis import strategies as st

from rooms.entry.hours import ALWAYS, Week, Window, is_weekly, window

DAY, HOUR, QUARTER, MINUTE = (timedelta(minutes=minutes) for minutes in (1440, 60, 15, 1))
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Room:
    opens: datetime | None = None
    closes: datetime | None = None
    repeats: str = ""
    week: Week = ()


@pytest.fixture
def berlin(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"


def local(day: str, at: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=BERLIN).astimezone(UTC)


def rows(*lines: str) -> Week:
    """As in "0 09:00 17:00": Monday."""
    return tuple(
        (int(day), time.fromisoformat(begins), time.fromisoformat(ends))
        for day, begins, ends in (line.split() for line in lines)
    )


def test_a_room_without_times_is_always_open() -> None:
    assert window(Room(), datetime.now(UTC)) == ALWAYS


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        (None, MINUTE, True),
        (None, 0 * MINUTE, False),
        (MINUTE, None, True),
        (-MINUTE, MINUTE, True),
        (-2 * MINUTE, -MINUTE, False),
        (2 * MINUTE, MINUTE, False),
    ],
)
def test_a_room_that_does_not_repeat_opens_and_closes_once(
    opens: timedelta | None, closes: timedelta | None, expected: bool
) -> None:
    now = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
    begin = now + opens if opens is not None else None
    end = now + closes if closes is not None else None
    assert window(Room(begin, end), now) == (Window(begin, end) if expected else None)


@pytest.mark.usefixtures("berlin")
def test_a_weekly_room_keeps_its_wall_clock_time_when_summer_ends() -> None:
    room = Room(local("2026-10-21", "20:00"), local("2026-10-21", "21:30"), "weekly")
    between = local("2026-10-23", "12:00")
    assert window(room, between) == Window(
        local("2026-10-28", "20:00"), local("2026-10-28", "21:30")
    )
    assert window(room, local("2026-10-20", "12:00")) == Window(room.opens, room.closes)


@pytest.mark.usefixtures("berlin")
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    room = Room(week=rows("4 22:00 02:00"))
    night = Window(local("2026-05-01", "22:00"), local("2026-05-02", "02:00"))
    assert window(room, local("2026-05-02", "01:59")) == night
    later = window(room, local("2026-05-02", "02:00"))
    assert later == Window(local("2026-05-08", "22:00"), local("2026-05-09", "02:00"))


@pytest.mark.usefixtures("berlin")
def test_hours_that_touch_are_one_time() -> None:
    room = Room(week=rows("4 20:00 00:00", "5 00:00 03:00"))
    now = local("2026-05-01", "23:00")
    assert window(room, now) == Window(local("2026-05-01", "20:00"), local("2026-05-02", "03:00"))
    week = rows(
        *(f"{day} 00:00 12:00" for day in range(7)), *(f"{d} 12:00 00:00" for d in range(7))
    )
    assert window(Room(week=week), now) == ALWAYS


@pytest.mark.usefixtures("berlin")
def test_hours_count_only_between_the_times_of_a_room_that_opens_once() -> None:
    mondays = rows("0 09:00 17:00")
    room = Room(local("2026-05-04", "12:00"), local("2026-05-11", "10:00"), week=mondays)
    first = Window(local("2026-05-04", "12:00"), local("2026-05-04", "17:00"))
    last = Window(local("2026-05-11", "09:00"), local("2026-05-11", "10:00"))
    assert window(room, local("2020-01-01", "12:00")) == first
    assert window(room, local("2026-05-04", "17:00")) == last
    assert window(room, local("2026-05-11", "10:00")) is None
    soon = Room(closes=local("2026-05-04", "08:00"), week=mondays)
    assert window(soon, local("2026-05-03", "12:00")) is None


@pytest.mark.usefixtures("berlin")
def test_a_weekly_call_is_in_addition_to_the_hours() -> None:
    room = Room(local("2026-05-06", "20:00"), local("2026-05-06", "21:00"), "weekly", rows(
        "0 09:00 17:00"
    ))  # fmt: skip
    assert window(room, local("2026-05-04", "18:00")) == Window(room.opens, room.closes)
    monday = Window(local("2026-05-11", "09:00"), local("2026-05-11", "17:00"))
    assert window(room, local("2026-05-06", "21:00")) == monday


@pytest.mark.usefixtures("berlin")
def test_a_time_that_the_clock_leaves_out_opens_no_room_for_less_than_no_time() -> None:
    # 02:30 is 03:30 on that day, later than 03:15.
    room = Room(local("2026-03-22", "02:30"), local("2026-03-22", "03:15"), "weekly")
    found = window(room, local("2026-03-23", "12:00"))
    assert found == Window(local("2026-04-05", "02:30"), local("2026-04-05", "03:15"))


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_are_no_error(year: int) -> None:
    opens = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, tzinfo=UTC)
    now = datetime(2026, 5, 1, tzinfo=UTC)
    weekly = Room(opens, opens + HOUR, "weekly", rows("0 09:00 17:00"))
    assert window(weekly, now) is not None
    assert window(Room(opens, week=rows("0 09:00 17:00")), now) is not None


def test_weekly_needs_both_times() -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert not is_weekly(Room(now, None, "weekly"))
    assert not is_weekly(Room(now, now, "weekly"))
    assert is_weekly(Room(now, now + HOUR, "weekly"))


# Any room at any time

START = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 2 * 365 * 24 * 4).map(lambda quarters: START + quarters * QUARTER)
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
weeks = st.lists(
    st.tuples(st.integers(0, 6), times, times).filter(lambda row: row[1] != row[2]),
    min_size=1,
    max_size=5,
).map(tuple)
rooms = st.builds(
    Room,
    st.none() | moments,
    st.none() | moments,
    st.sampled_from(["", "weekly"]),
    st.just(()) | weeks,
)


@pytest.fixture(params=ZONES)
def zone(request: Any, settings: Any) -> ZoneInfo:
    settings.TIME_ZONE = request.param
    return ZoneInfo(request.param)


def test_the_hours_are_read_off_a_clock_on_the_wall(zone: ZoneInfo) -> None:
    @given(weeks, moments)
    def check(week: Week, now: datetime) -> None:
        # On the day of a change a wall clock shows some times twice.
        offsets = {(now + days * DAY).astimezone(zone).utcoffset() for days in (-2, 0, 1)}
        assume(len(offsets) == 1)
        clock = now.astimezone(zone)
        minute = clock.weekday() * DAY + clock.hour * HOUR + clock.minute * MINUTE
        expected = False
        for weekday, begins, ends in week:
            begin = weekday * DAY + begins.hour * HOUR + begins.minute * MINUTE
            end = weekday * DAY + ends.hour * HOUR + ends.minute * MINUTE
            length = end - begin if end > begin else end - begin + DAY
            expected |= (minute - begin) % (7 * DAY) < length
        found = window(Room(week=week), now)
        assert found is not None
        assert found.is_open(now) == expected

    check()


def test_a_weekly_call_is_where_a_calendar_has_it(zone: ZoneInfo) -> None:
    @given(moments, st.integers(1, 7 * 24 - 2).map(lambda hours: hours * HOUR), moments)
    def check(opens: datetime, length: timedelta, now: datetime) -> None:
        begin = opens.astimezone(zone).replace(tzinfo=None)
        end = (opens + length).astimezone(zone).replace(tzinfo=None)
        starts = rrule(WEEKLY, dtstart=begin, until=begin + 1000 * DAY)
        calls = [
            (
                start.replace(tzinfo=zone).astimezone(UTC),
                (start + (end - begin)).replace(tzinfo=zone).astimezone(UTC),
            )
            for start in starts
        ]
        found = window(Room(opens, opens + length, "weekly"), now)
        assert found == Window(*next(call for call in calls if call[1] > max(now, call[0])))

    check()


def test_windows_follow_each_other_with_a_pause(zone: ZoneInfo) -> None:
    @given(rooms, moments)
    def check(room: Room, now: datetime) -> None:
        found = window(room, now)
        for _ in range(4):
            if found is None or found.closes is None:
                break
            assert found.closes > now
            assert found.opens is None or found.opens < found.closes
            # Whoever asks until its last moment hears the same.
            assert window(room, found.closes - timedelta(microseconds=1)) == found
            now = found.closes
            found = window(room, now)
            assert found is None or not found.is_open(now)

    check()
