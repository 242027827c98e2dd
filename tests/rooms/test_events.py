"""A room as an event, read by the parsers that other programs use."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import mf2py
import pytest
from dateutil.rrule import rrulestr
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rooms.entry.hours import window
from rooms.models import Background, Invite, Room
from rooms.roles import VisitorPolicy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_cards")]

SITE = "http://127.0.0.1:8000"
BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PERSON = {"Sec-Fetch-Mode": "navigate"}


@pytest.fixture(autouse=True)
def berlin(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"


def party(**fields: Any) -> Room:
    """A public room that opens for an hour at Christmas, in many years."""
    opens = datetime(2126, 12, 24, 18, tzinfo=BERLIN)
    background = Background.objects.create(
        title="Snow", image="backgrounds/snow.webp", width=1600, height=900
    )
    values = {
        "slug": "party",
        "title": 'A <b>"party"</b>, & more',
        "description": "Bring </script><!-- cake; or tea.",
        "background": background,
        "visitors": VisitorPolicy.LISTEN,
        "opens": opens,
        "closes": opens + HOUR,
    }
    room: Room = Room.objects.create(**{**values, **fields})
    room.refresh_from_db()
    return room


def parsed(client: Client, address: str) -> Any:
    """The calendar file there, by a parser whose types are many."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return icalendar.Calendar.from_ical(answer.content)


def ld(html: str) -> dict[str, Any]:
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    found: dict[str, Any] = json.loads(block)
    return found


def test_a_room_is_an_h_event_for_those_who_are_early_and_in_the_lobby(
    client: Client, owner: Client
) -> None:
    room = party()
    early, lobby = Client().get("/r/party/", headers=PERSON), owner.get("/r/party/", headers=PERSON)
    assert (early.status_code, lobby.status_code) == (403, 200)
    for page in (early, lobby):
        html = page.content.decode()
        [item] = mf2py.parse(html, url=f"{SITE}/r/party/")["items"]
        assert item["type"] == ["h-event"]
        photo = f"{SITE}/media/backgrounds/snow.webp"
        assert item["properties"] == {
            "name": [room.title],
            "summary": [room.description],
            "url": [f"{SITE}/r/party/"],
            "uid": [f"{SITE}/r/party/"],
            "start": ["2126-12-24T18:00:00+0100"],
            "end": ["2126-12-24T19:00:00+0100"],
            "photo": [photo],
            "featured": [photo],
        }
        event = ld(html)
        assert event["@type"] == "Event"
        assert event["name"] == room.title
        assert event["description"] == room.description
        assert event["startDate"] == "2126-12-24T18:00:00+01:00"
        assert event["endDate"] == "2126-12-24T19:00:00+01:00"
        assert event["eventAttendanceMode"] == "https://schema.org/OnlineEventAttendanceMode"
        assert event["location"] == {"@type": "VirtualLocation", "url": f"{SITE}/r/party/"}
        assert event["image"] == [photo]
        assert "eventSchedule" not in event
        assert 'href="/r/party/event.ics"' in html


def test_an_invite_shows_the_event_without_its_token_and_has_a_calendar_with_it(
    client: Client,
) -> None:
    room = party(visitors=VisitorPolicy.NOTHING)
    invite: Invite = room.invites.create()
    html = client.get(invite.get_absolute_url(), headers=PERSON).content.decode()
    [item] = mf2py.parse(html)["items"]
    assert item["properties"]["url"] == [f"{SITE}/r/party/"]
    assert invite.token not in json.dumps(item) + json.dumps(ld(html))
    [event] = parsed(client, f"/i/{invite.token}/event.ics").events
    assert event["url"] == f"{SITE}/i/{invite.token}/"
    Invite.objects.update(revoked=True)
    assert client.get(f"/i/{invite.token}/event.ics").status_code == 410
    assert client.get("/i/absent/event.ics").status_code == 404


def test_programs_find_the_event_without_a_browser_and_never_an_invite(db: None) -> None:
    room, client = party(), Client(HTTP_SEC_FETCH_MODE="")
    invite: Invite = room.invites.create()
    for path in ("/r/party/", invite.get_absolute_url()):
        page = client.get(path)
        assert page.status_code == 200
        html = page.content.decode()
        [item] = mf2py.parse(html)["items"]
        assert item["properties"]["start"] == ["2126-12-24T18:00:00+0100"]
        assert item["properties"]["url"] == [f"{SITE}/r/party/"]
        assert ld(html)["startDate"] == "2126-12-24T18:00:00+01:00"
        assert invite.token not in json.dumps(item) + json.dumps(ld(html))
    Room.objects.update(visitors=VisitorPolicy.NOTHING)
    assert "h-event" not in client.get("/r/party/").content.decode()


def test_whoever_waits_for_the_host_has_the_calendar_too(client: Client) -> None:
    now = timezone.now()
    party(opens=now - HOUR, closes=now + HOUR, opens_with_owner=True)
    page = client.get("/r/party/", headers=PERSON)
    assert "You are waiting" in page.content.decode()
    assert ld(page.content.decode())["name"].startswith("A <b>")
    assert 'href="/r/party/event.ics"' in page.content.decode()


def test_a_room_without_a_beginning_is_no_event(owner: Client) -> None:
    party(opens=None, closes=None)
    html = owner.get("/r/party/", headers=PERSON).content.decode()
    assert "h-event" not in html
    assert "ld+json" not in html
    assert "event.ics" not in html
    assert owner.get("/r/party/event.ics").status_code == 404


def test_a_calendar_file_has_what_calendars_need(client: Client) -> None:
    room = party()
    calendar = parsed(client, "/r/party/event.ics")
    [event] = calendar.events
    assert event["uid"] == f"room-{room.pk}@127.0.0.1:8000"
    assert event["summary"] == room.title
    assert event["description"] == f"{room.description}\n\n{SITE}/r/party/"
    assert event["url"] == event["location"] == f"{SITE}/r/party/"
    assert event.start == room.opens
    assert event.end == room.closes
    assert str(event["dtstart"].params["TZID"]) == "Europe/Berlin"
    assert [zone["tzid"] for zone in calendar.timezones] == ["Europe/Berlin"]
    [alarm] = event.walk("VALARM")
    assert alarm["trigger"].dt == timedelta(minutes=-15)
    assert "rrule" not in event


def test_a_change_keeps_the_uid_and_raises_the_sequence(client: Client) -> None:
    room = party()
    [before] = parsed(client, "/r/party/event.ics").events
    Room.objects.update(created=room.created - 5 * HOUR)
    room.refresh_from_db()
    assert room.opens
    assert room.closes
    room.slug, room.opens, room.closes = "gala", room.opens + DAY, room.closes + DAY
    room.save()
    [after] = parsed(client, "/r/gala/event.ics").events
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after["last-modified"].dt >= before["last-modified"].dt
    assert after.start == before.start + DAY


@pytest.mark.parametrize(
    ("fields", "week"),
    [
        ({"repeats": "weekly"}, []),
        ({"opens": None, "closes": None}, [(0, 9, 17), (2, 9, 17), (4, 22, 2)]),
        ({"repeats": "weekly"}, [(0, 9, 17), (3, 8, 9)]),
    ],
)
def test_the_rule_of_a_room_says_when_it_opens_across_a_change_of_the_clock(
    client: Client, fields: dict[str, Any], week: list[tuple[int, int, int]]
) -> None:
    opens = datetime(2026, 10, 7, 20, tzinfo=BERLIN)
    room = party(**{"opens": opens, "closes": opens + 2 * HOUR, **fields})
    Room.objects.update(created=datetime(2026, 9, 1, tzinfo=BERLIN))
    for weekday, begins, ends in week:
        room.hours.create(weekday=weekday, begins=time(begins), ends=time(ends))
    room = Room.objects.get()
    found = set()
    calendar = parsed(client, "/r/party/event.ics")
    for event in calendar.events:
        rule = rrulestr(event["rrule"].to_ical().decode(), dtstart=event.start)
        length = event.end.replace(tzinfo=None) - event.start.replace(tzinfo=None)
        for start in rule.between(
            datetime(2026, 10, 12, tzinfo=BERLIN), datetime(2026, 11, 9, tzinfo=BERLIN)
        ):
            found.add((start.astimezone(UTC), (start + length).astimezone(UTC)))
    expected = set()
    now = datetime(2026, 10, 12, tzinfo=BERLIN).astimezone(UTC)
    while (
        (shown := window(room, now))
        and shown.opens
        and shown.opens < datetime(2026, 11, 9, tzinfo=BERLIN)
    ):
        assert shown.closes is not None
        expected.add((shown.opens, shown.closes))
        now = shown.closes
    assert found == expected
    assert len(found) == 4 * (len(week) + (room.opens is not None))
    assert len({event["uid"] for event in calendar.events}) == len(calendar.events)
    # The clock is put back on 25 October.
    assert {opens.astimezone(BERLIN).utcoffset() for opens, _ in found} == {HOUR, 2 * HOUR}


def test_hours_of_a_room_that_opens_once_stay_in_its_time(client: Client) -> None:
    opens = datetime(2126, 12, 24, 18, tzinfo=BERLIN)  # a Tuesday
    room = party(opens=opens, closes=opens + 10 * DAY)
    room.hours.create(weekday=1, begins=time(9), ends=time(10))
    [event] = parsed(client, "/r/party/event.ics").events
    rule = rrulestr(event["rrule"].to_ical().decode(), dtstart=event.start)
    assert [each.date().isoformat() for each in rule] == ["2126-12-31"]


def test_a_room_that_opens_once_within_its_hours_has_a_calendar(client: Client) -> None:
    room = party()  # on a Tuesday from 18:00 to 19:00
    room.hours.create(weekday=1, begins=time(9), ends=time(22))
    assert 'href="/r/party/event.ics"' in client.get("/r/party/", headers=PERSON).content.decode()
    [event] = parsed(client, "/r/party/event.ics").events
    assert (event.start, event.end) == (room.opens, room.closes)
    assert "rrule" not in event


def test_a_weekly_room_and_its_hours_are_schedules(owner: Client) -> None:
    room = party(repeats="weekly")
    room.hours.create(weekday=0, begins=time(9), ends=time(17))
    weekly, mondays = ld(owner.get("/r/party/", headers=PERSON).content.decode())["eventSchedule"]
    assert weekly["byDay"] == "https://schema.org/Tuesday"
    assert (weekly["startTime"], weekly["endTime"]) == ("18:00:00", "19:00:00")
    assert weekly["scheduleTimezone"] == "Europe/Berlin"
    assert (mondays["byDay"], mondays["repeatFrequency"]) == ("https://schema.org/Monday", "P1W")


def test_a_private_room_has_a_calendar_for_its_owner_alone(owner: Client) -> None:
    party(visitors=VisitorPolicy.NOTHING)
    stranger = Client()
    private, absent = stranger.get("/r/party/event.ics"), stranger.get("/r/absent/event.ics")
    assert (private.status_code, private.content) == (404, absent.content)
    assert private.headers == absent.headers
    assert owner.get("/r/party/event.ics").status_code == 200
    Room.objects.update(closed=True, visitors=VisitorPolicy.SPEAK)
    assert stranger.get("/r/party/event.ics").status_code == 410


def test_the_feed_has_the_public_rooms_and_says_when_nothing_changed(client: Client) -> None:
    public = party()
    party(slug="private", visitors=VisitorPolicy.NOTHING)
    party(slug="over", closed=True)
    party(slug="always", opens=None, closes=None)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/calendar.ics")
    assert len(queries) == 2
    calendar: Any = icalendar.Calendar.from_ical(answer.content)
    assert [event["uid"] for event in calendar.events] == [f"room-{public.pk}@127.0.0.1:8000"]
    assert calendar["x-wr-calname"] == "Calls at 127.0.0.1:8000"
    assert calendar["refresh-interval"].dt == HOUR
    assert "max-age" in answer["Cache-Control"]
    assert not answer.cookies
    again = client.get("/calendar.ics", headers={"If-None-Match": f'W/{answer["ETag"]}, "other"'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])
    public.save()
    Room.objects.filter(pk=public.pk).update(changed=timezone.now() + HOUR)
    changed = client.get("/calendar.ics", headers={"If-None-Match": answer["ETag"]})
    assert changed.status_code == 200
    assert client.head("/calendar.ics").content == b""
    assert client.post("/calendar.ics").status_code == 405


def test_the_feed_is_made_once_in_a_while_however_many_ask(client: Client) -> None:
    room = party()
    first = client.get("/calendar.ics").content
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/calendar.ics").content == first
    assert len(queries) == 0
    room.title = "Another party"
    room.save()
    assert b"Another party" in client.get("/calendar.ics").content


def test_the_lines_of_a_calendar_are_folded_and_end_as_they_must(client: Client) -> None:
    party(title="Ä" * 120)
    lines = client.get("/calendar.ics").content.split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)
    assert lines[-1] == b""
    assert all(one or two for one, two in pairwise(lines))


def test_without_a_zone_of_its_own_a_site_counts_in_utc(client: Client, settings: Any) -> None:
    settings.TIME_ZONE = "UTC"
    party()
    calendar = parsed(client, "/calendar.ics")
    assert not calendar.timezones
    assert calendar.events[0]["dtstart"].to_ical() == b"21261224T170000Z"
