"""The still card that other sites show."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from rooms.cards import cache, card
from rooms.cards.cache import Cache, Page
from rooms.models import Admission, Background, Invite, Room
from rooms.roles import VisitorPolicy
from tests.rooms.cards import Parsed, live

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis", "no_cards")]

BLOG = "https://blog.example.org"


@pytest.fixture
def garden(db: None) -> Room:
    """A room that visitors may join."""
    return Room.objects.create(
        slug="garden",
        title="Tea in the <garden>",
        description="Bring & share",
        visitors=VisitorPolicy.SPEAK,
        embed_origins=BLOG,
    )


def change(**values: Any) -> Room:
    room = Room.objects.get()
    for name, value in values.items():
        setattr(room, name, value)
    room.save()
    return room


def shown(path: str, client: Client | None = None) -> Parsed:
    return Parsed((client or Client(HTTP_SEC_FETCH_MODE="")).get(path))


def test_a_card_is_one_small_answer_with_one_link_that_stays_in_the_frame(
    garden: Room, clean_redis: Any
) -> None:
    live(clean_redis, "garden", 3)
    page = shown("/e/r/garden/")
    assert page.status == 200
    assert page.links == [("Join the call", {"href": "/r/garden/?frame"})]
    assert "Tea in the <garden>" in page.text
    assert "Bring & share" in page.text
    assert "3 people are in." in page.text
    assert page.loads == []
    assert len(page.body) < 6000
    assert page.response["Cache-Control"] == "public, max-age=10"
    assert not page.response.cookies
    assert "Cookie" not in page.response.get("Vary", "")
    assert "X-Frame-Options" not in page.response
    assert "<script" not in page.body


def test_the_policy_allows_the_style_and_the_script_by_their_hashes_alone(garden: Room) -> None:
    change(opens=timezone.now() + timedelta(days=1))
    page = shown("/e/r/garden/")
    for kind, content in (("style", page.style), ("script", page.script)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert page.policy[f"{kind}-src"] == [f"'sha256-{digest}'"]
    assert page.policy["default-src"] == ["'none'"]
    assert page.policy["frame-ancestors"] == ["'self'", BLOG]
    assert not re.search(r"\s(style|on\w+)=", page.body)


def test_a_time_is_named_with_its_zone_and_turned_into_the_readers(garden: Room) -> None:
    change(opens=timezone.now() + timedelta(days=1))
    page = shown("/e/r/garden/")
    assert re.search(r"It opens on .* at \d\d:\d\d \(.+\)\.", page.text)
    assert "Intl.DateTimeFormat" in page.script
    assert page.links[0][0] == "Enter and wait"


@pytest.mark.parametrize(
    ("values", "says", "button"),
    [
        ({}, "No one is in yet.", "Join the call"),
        ({"visitors": "listen"}, "No one is in yet.", "Join to listen"),
        ({"locked": True}, "This call is locked.", "Enter"),
        ({"closed": True}, "This call is over.", ""),
        ({"closes": timezone.now() - timedelta(days=1)}, "This call is over.", ""),
        ({"closes": timezone.now() + timedelta(days=1)}, "It is open until", "Join the call"),
        ({"opens_with_owner": True}, "The host is not here yet.", "Enter and wait"),
        ({"sign_in": "required"}, "No one is in yet.", "Join the call"),
    ],
)
def test_a_card_says_whether_the_room_is_open(
    garden: Room, values: dict[str, Any], says: str, button: str
) -> None:
    change(**values)
    page = shown("/e/r/garden/")
    assert says in page.text
    assert [name for name, _ in page.links] == ([button] if button else [])
    assert page.policy["frame-ancestors"] == ["'self'", BLOG]


def test_a_full_room_says_so(garden: Room, clean_redis: Any) -> None:
    change(max_people=3)
    live(clean_redis, "garden", 3)
    page = shown("/e/r/garden/")
    assert "This call is full." in page.text
    assert page.links[0][0] == "Enter"


def test_a_room_that_visitors_may_not_know_has_the_card_of_an_absent_one(garden: Room) -> None:
    change(visitors=VisitorPolicy.NOTHING)
    paths = ("/e/r/garden/", "/e/r/absent/", "/e/i/absent/")
    hidden, *absent = (shown(path) for path in paths)
    assert hidden.status == 404
    assert "There is nothing here" in hidden.text
    assert hidden.links == []
    for other in absent:
        assert (other.status, other.body) == (404, hidden.body)
        assert dict(other.response.headers) == dict(hidden.response.headers)


def test_an_invites_card_shows_the_room_and_uses_nothing_up(garden: Room) -> None:
    room = change(visitors=VisitorPolicy.NOTHING)
    invite = room.invites.create(uses_left=1)
    path = f"/e{invite.get_absolute_url()}"
    for _time in range(3):
        page = shown(path)
        cache.CACHE.forget()
    assert "Tea in the <garden>" in page.text
    assert page.links == [("Join the call", {"href": f"{invite.get_absolute_url()}?frame"})]
    assert not Admission.objects.exists()
    assert Invite.objects.filter(uses_left=1, last_used=None).exists()
    tomorrow = timezone.now() + timedelta(days=1)
    early = shown(f"/e{room.invites.create(not_before=tomorrow).get_absolute_url()}")
    assert early.links[0][0] == "Enter and wait"
    for values in ({"revoked": True}, {"stopped": True}, {"uses_left": 0}):
        bad = shown(f"/e{room.invites.create(**values).get_absolute_url()}")
        assert "This link no longer works" in bad.text
        assert "garden" not in bad.text
        assert bad.links == []


def test_a_hot_card_costs_no_query_and_no_redis(
    garden: Room, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shown("/e/r/garden/")

    def away(_slugs: Any) -> Any:
        raise AssertionError("Redis was asked")

    monkeypatch.setattr("rooms.workers.sfu.live_counts_now", away)
    owner = Client()
    owner.force_login(get_user_model().objects.create_superuser("owner", password="x"))
    for client in (Client(), owner):
        with django_assert_num_queries(0):
            assert shown("/e/r/garden/", client).body == first.body
    with django_assert_num_queries(0):
        tag = first.response["ETag"]
        again = Client().get("/e/r/garden/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert again["Cache-Control"] == "public, max-age=10"
    assert again["Content-Security-Policy"] == first.response["Content-Security-Policy"]


def test_an_absent_card_is_kept_too(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        shown("/e/r/absent/")
    with django_assert_num_queries(0):
        shown("/e/r/absent/")


@pytest.mark.usefixtures("without_redis")
def test_without_redis_the_card_leaves_the_number_out(
    garden: Room, caplog: pytest.LogCaptureFixture
) -> None:
    page = shown("/e/r/garden/")
    assert page.links[0][0] == "Join the call"
    assert "in." not in page.text
    assert not caplog.records


def test_what_the_owner_changes_shows_at_once(garden: Room) -> None:
    assert "Tea in" in shown("/e/r/garden/").text
    change(title="Coffee")
    assert "Coffee" in shown("/e/r/garden/").text


def test_the_picture_is_behind_the_card(garden: Room) -> None:
    background = Background.objects.create(
        title="Dusk",
        image="backgrounds/a.webp",
        thumbnail="backgrounds/a-small.webp",
        width=2,
        height=2,
        alt="A hill at dusk",
        credit="Photo: Ann",
        credit_url="https://ann.example",
        focal_x=20,
        focal_y=80,
        accent="#123456",
    )
    change(background=background)
    page = shown("/e/r/garden/")
    assert page.loads == ["/media/backgrounds/a.webp", "/media/backgrounds/a-small.webp"]
    assert 'alt="A hill at dusk"' in page.body
    assert "object-position: 20% 80%" in page.style
    # Its credit is no second link.
    assert "Photo: Ann" in page.text
    assert len(page.links) == 1


def test_hostile_addresses_lead_nowhere(client: Client) -> None:
    long = "a" * 64
    for path in ("/e/r/..%2fadmin/", f"/e/r/{long}/", "/e/r/A/", "/e/i/%00/", "/e/", "/e/r//"):
        response = client.get(path)
        assert response.status_code == 404
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert client.post("/e/r/absent/").status_code == 405


# The cache


def page(found: bool = True) -> Page:
    return Page(b"", {}, found=found)


def test_made_up_addresses_displace_no_card_of_a_room() -> None:
    kept = Cache()
    kept.put("r garden", page(), 0)
    for number in range(3 * cache.MOST):
        kept.put(f"r made-up-{number}", page(found=False), 0)
    assert len(kept.absent) == cache.MOST
    assert kept.fresh("r garden", 1) is not None
    for number in range(2 * cache.MOST):
        kept.put(f"r room-{number}", page(), 0)
    assert len(kept.found) == cache.MOST


def test_a_change_while_a_full_table_makes_room_disturbs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cache, "MOST", 1)
    kept = Cache()
    change = threading.Thread(target=kept.forget)

    class Slow(dict[str, Any]):
        def __iter__(self) -> Iterator[str]:
            oldest = super().__iter__()
            change.start()
            change.join(0.05)
            return oldest

    kept.put("r garden", page(), 0)
    kept.found = Slow(kept.found)
    kept.put("r office", page(), 0)
    change.join()
    assert not kept.found


def test_a_room_that_goes_or_comes_leaves_no_second_page() -> None:
    kept = Cache()
    kept.put("r garden", page(), 0)
    kept.put("r garden", page(found=False), 1)
    assert not kept.found
    kept.put("r garden", page(), 2)
    assert not kept.absent


def test_an_entry_ages_and_an_old_one_is_better_than_an_error() -> None:
    kept = Cache()
    first, second = page(), page()
    assert kept.page("r", lambda: first, 0) is first
    assert kept.page("r", lambda: second, cache.KEPT_SECONDS - 0.1) is first
    assert kept.page("r", lambda: second, cache.KEPT_SECONDS) is second

    def away() -> Page:
        raise OperationalError

    assert kept.page("r", away, 100) is second
    with pytest.raises(OperationalError):
        kept.page("r", away, 100 + cache.STALE_SECONDS)
    with pytest.raises(OperationalError):
        kept.page("other", away, 0)


def test_people_are_counted_in_a_sentence() -> None:
    assert [card.counted(people) for people in (0, 1, 2)] == [
        "No one is in yet.",
        "1 person is in.",
        "2 people are in.",
    ]
