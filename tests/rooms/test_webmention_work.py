"""Working off the queue against a reference site, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from rooms.indieweb.webmentions import queue, verifying
from rooms.indieweb.webmentions.sending import send_for, send_for_room
from rooms.indieweb.webmentions.work import Workers, work
from rooms.models import Post, Response, Room, Webmention
from tests.rooms.support import PATIENCE
from tests.sites import pages
from tests.sites.reference import ReferenceSite, reference_site

pytestmark = pytest.mark.django_db

T0 = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def site(settings: Any, tmp_path: Path) -> Iterator[ReferenceSite]:
    settings.MEDIA_ROOT = tmp_path / "media"
    with reference_site() as started:
        settings.FETCH_PRIVATE = [started.netloc]
        yield started


@pytest.fixture
def room(db: None) -> Room:
    return Room.objects.create(slug="garden", title="Garden", visitors="listen")


def target(settings: Any, path: str = "/r/garden/") -> str:
    return f"{settings.SITE_URL}{path}"


def take_in(source: str, to: str, now: datetime = T0) -> Webmention:
    """Receive a webmention and do all that is due; return its row."""
    queue.add(source, [to], now, incoming=True)
    while work(now):
        pass
    return Webmention.objects.get(incoming=True, source=source)


def test_an_answer_is_stored_with_its_author_and_waits_for_the_owner(
    room: Room, site: ReferenceSite, settings: Any
) -> None:
    source = site.reply("/rsvp", target(settings), "yes", "I bring <b>cake</b>.")
    row = take_in(source, target(settings))
    assert (row.due, row.outcome) == (None, "The response was stored.")
    found = Response.objects.get()
    assert (found.room, found.source, found.rsvp) == (room, source, "yes")
    assert (found.name, found.url, found.text) == ("Ann Example", f"{site.url}/", "I bring cake.")
    assert found.state == Response.State.NEW
    image = Image.open(Path(settings.MEDIA_ROOT) / str(found.photo.name))
    assert image.format == "WEBP"


@pytest.mark.django_db(transaction=True)
def test_a_changed_source_changes_the_response_and_a_missing_one_removes_it(
    room: Room, site: ReferenceSite, settings: Any
) -> None:
    to = target(settings)
    source = site.reply("/rsvp", to, "yes")
    take_in(source, to)
    Response.objects.update(state=Response.State.SHOWN)
    site.reply("/rsvp", to, "no", "I am ill.")
    assert take_in(source, to).outcome == "The response was changed."
    found = Response.objects.get()
    assert (found.rsvp, found.text, found.state) == ("no", "I am ill.", "shown")
    photos = Path(settings.MEDIA_ROOT) / "photos"
    assert len(list(photos.iterdir())) == 1

    site.write("/rsvp", pages.page("Gone"), 410)
    assert take_in(source, to).outcome == "The source is gone. The response was removed."
    assert not Response.objects.exists()
    assert not list(photos.iterdir())


@pytest.mark.usefixtures("room")
def test_a_source_that_does_not_link_to_the_room_is_nothing(
    site: ReferenceSite, settings: Any
) -> None:
    to = target(settings)
    source = site.mention("/post", to)
    take_in(source, to)
    assert Response.objects.get().rsvp == ""
    for other in (f"{to}more/", f"{settings.SITE_URL}/r/other/", "https://other.example/r/garden/"):
        site.mention("/post", other)
        assert take_in(source, to).outcome.startswith("The source does not link to the page.")
        assert not Response.objects.exists()
    # A text is no link, and neither is a page that is not HTML.
    site.write("/post", pages.page(f"<p>{to}</p><!-- <a href='{to}'>x</a> -->"))
    assert "does not link" in take_in(source, to).outcome


@pytest.mark.usefixtures("room")
def test_the_authors_page_is_read_if_the_post_names_only_its_address(
    site: ReferenceSite, settings: Any
) -> None:
    author = f'<a class="u-author" href="{site.url}/"></a>'
    source = site.write("/rsvp", pages.reply(target(settings), author, "maybe"))
    take_in(source, target(settings))
    assert Response.objects.get().name == "Ann Example"


@pytest.mark.usefixtures("room")
def test_a_site_that_fails_is_tried_three_times(site: ReferenceSite, settings: Any) -> None:
    source = site.write("/rsvp", "Broken", 503)
    queue.add(source, [target(settings)], T0, incoming=True)
    now, tries = T0, 0
    while work(now):
        tries += 1
        row = Webmention.objects.get()
        now = row.due or now
    assert tries == len(site.server.requests) == 3
    assert row.due is None
    assert row.outcome == "The site answers with the status 503."
    assert now - T0 == sum(queue.WAITS, timedelta())


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("status", [401, 403, 406])
def test_a_refusal_is_final(site: ReferenceSite, settings: Any, status: int) -> None:
    row = take_in(site.write("/rsvp", "No", status), target(settings))
    assert (row.due, row.attempts) == (None, 1)
    assert str(status) in row.outcome


@pytest.mark.usefixtures("room")
def test_a_source_in_a_private_network_is_never_fetched(site: ReferenceSite, settings: Any) -> None:
    source = site.reply("/rsvp", target(settings), "yes")
    settings.FETCH_PRIVATE = []
    row = take_in(source, target(settings))
    assert (row.due, row.outcome) == (None, "The address is in a private network.")
    assert not site.server.requests


def test_a_room_that_became_private_takes_no_answers(
    room: Room, site: ReferenceSite, settings: Any
) -> None:
    Room.objects.update(visitors="nothing")
    row = take_in(site.reply("/rsvp", target(settings), "yes"), target(settings))
    assert row.outcome == "The page is not public any more."
    assert not site.server.requests


@pytest.mark.usefixtures("room")
def test_only_so_many_responses_wait_for_the_owner(
    site: ReferenceSite, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "MAX_UNDECIDED", 1)
    to = target(settings)
    take_in(site.reply("/1", to, "yes"), to)
    assert "wait for a decision" in take_in(site.reply("/2", to, "yes"), to).outcome
    site.reply("/1", to, "no")
    assert take_in(f"{site.url}/1", to).outcome == "The response was changed."


@pytest.mark.usefixtures("room")
def test_two_processes_do_not_do_the_same_row(settings: Any) -> None:
    queue.add("https://ann.example/", [target(settings)], T0, incoming=True)
    first = queue.take(T0)
    assert first is not None
    assert queue.take(T0) is None
    # If its process ended meanwhile, somebody else does it.
    later = T0 + queue.LEASE
    second = queue.take(later)
    assert second is not None
    queue.finish(first, "Too late.")
    assert Webmention.objects.get().due is not None
    # A webmention that comes again while the first one is at work is done again.
    queue.add("https://ann.example/", [target(settings)], later, incoming=True)
    queue.finish(second, "Done.")
    assert queue.take(later) is not None


# Sending


@pytest.mark.parametrize("how", ["header", "link", "a"])
def test_the_links_of_a_room_are_told(
    room: Room, site: ReferenceSite, settings: Any, how: str
) -> None:
    party = site.page_with_endpoint("/party", how)
    room.description = f"We talk about {party}, and {settings.SITE_URL}/r/other/ too."
    assert send_for_room(room, None) == 1
    while work(Webmention.objects.latest("due").due or T0):
        pass
    assert site.inbox.received == [(target(settings), party)]
    assert Webmention.objects.get().outcome == "Sent."


def test_links_that_come_and_go_are_told(room: Room, settings: Any) -> None:
    old, new = "https://old.example/", "https://new.example/"
    before = Room(slug="garden", visitors="listen", description=f"See {old}")
    room.description = f"See {new}"
    assert send_for_room(room, before) == 2
    assert send_for_room(room, room) == 0
    private = Room(slug="garden", visitors="nothing", description=room.description)
    assert send_for_room(room, private) == 1
    assert send_for_room(private, room) == 0


def test_a_room_that_became_private_tells_nothing(
    room: Room, site: ReferenceSite, settings: Any
) -> None:
    send_for(target(settings), [site.page_with_endpoint("/party")])
    Room.objects.update(visitors="nothing")
    assert work(Webmention.objects.get().due or T0)
    assert Webmention.objects.get().outcome == "The page is not public any more."
    assert not site.server.requests


def test_the_links_of_a_post_are_told(site: ReferenceSite, settings: Any) -> None:
    Post.objects.create(slug="notes", title="Notes")
    party = site.page_with_endpoint("/party")
    source = f"{settings.SITE_URL}/p/notes/"
    assert send_for(source, [party, f"{party}#part", f"{settings.SITE_URL}/"]) == 1
    assert work(Webmention.objects.get().due or T0)
    assert site.inbox.received == [(source, party)]


def test_a_page_that_ends_the_process_each_time_is_given_up(
    room: Room, site: ReferenceSite, settings: Any
) -> None:
    source = site.write("/post", "")
    queue.add(source, [target(settings)], T0, incoming=True)
    for n in range(queue.MOST_TAKEN):
        assert queue.take(T0 + n * queue.LEASE) is not None
    assert work(T0 + queue.MOST_TAKEN * queue.LEASE)
    row = Webmention.objects.get()
    assert (row.due, row.outcome) == (None, "The page could not be read.")
    assert not site.server.requests


def test_a_link_that_no_program_can_read_does_not_hold_up_a_post(settings: Any) -> None:
    assert send_for(f"{settings.SITE_URL}/p/notes/", ["https://[#part"]) == 1


def test_a_page_without_an_endpoint_is_not_told(
    room: Room, site: ReferenceSite, settings: Any
) -> None:
    send_for(target(settings), [f"{site.url}/"])
    assert work(Webmention.objects.get().due or T0)
    assert Webmention.objects.get().outcome == "The site takes no webmentions."


def test_an_endpoint_in_a_private_network_is_never_told(
    room: Room, site: ReferenceSite, settings: Any
) -> None:
    with reference_site("Inside") as inside:
        link = f'<link rel="webmention" href="{inside.url}/webmention">'
        send_for(target(settings), [site.write("/party", pages.page("", link))])
        assert work(Webmention.objects.get().due or T0)
        assert Webmention.objects.get().outcome == "The address is in a private network."
        assert not inside.server.requests


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("room")
def test_threads_work_the_queue_off_until_they_are_stopped(
    site: ReferenceSite, settings: Any
) -> None:
    workers = Workers()
    workers.start()
    try:
        sources = [site.reply(f"/{number}", target(settings), "yes") for number in range(5)]
        for source in sources:
            queue.add(source, [target(settings)], timezone.now(), incoming=True)
        deadline = time.monotonic() + PATIENCE
        while Response.objects.count() < 5:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        workers.stop()
