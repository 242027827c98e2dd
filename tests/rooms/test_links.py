"""Links as chat programs and people mangle them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import AsyncClient, Client

from rooms.entry.links import media_address, mended
from rooms.models import Room
from sfu_worker import wire
from tests.rooms.fake_worker import FakeWorker
from tests.rooms.support import make_invite, make_room

TOKEN = "AbC-dEfGhIjKlMnOpQrSt_"
JUNK = [*",.;:!)]}>\"'*_-|&^~»”’…。」", ").", ">,", "&gt;", " ", "\u00a0", "\n", "，请进"]
INVISIBLE = ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e"]


@pytest.mark.parametrize(("letter", "name"), [("i", TOKEN), ("n", TOKEN), ("r", "my-room")])
@pytest.mark.parametrize("junk", ["", *JUNK, *INVISIBLE])
def test_text_after_a_link_is_cut_off(letter: str, name: str, junk: str) -> None:
    clean = f"/{letter}/{name}/"
    assert mended(clean + junk) == clean
    assert mended(clean + "/" + junk) == clean
    assert mended("/" + clean) == clean
    assert mended(f"/{letter}//{name}/") == clean
    if junk not in ("_", "-"):  # a token may end in these
        assert mended(clean[:-1] + junk) == clean


@pytest.mark.parametrize("junk", INVISIBLE)
def test_invisible_characters_are_removed_from_the_middle(junk: str) -> None:
    assert mended(f"/i/{TOKEN[:9]}{junk}{TOKEN[9:]}/") == f"/i/{TOKEN}/"
    assert mended(f"/r/gar{junk}den/") == "/r/garden/"


def test_the_site_alone_may_be_mangled_too() -> None:
    assert [mended(path) for path in ("//", "/)", "/).", "/\u200b", "/ ")] == ["/"] * 5


def test_capitals_are_mended_where_no_token_has_them() -> None:
    assert mended("/r/Garden") == mended("/R/GARDEN/") == "/r/garden/"
    assert mended(f"/I/{TOKEN}") == f"/i/{TOKEN}/"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//evil.example/",
        "//evil.example/i/AbC/",
        "/\\evil.example/r/x/",
        f"/x/{TOKEN}/",
        f"/i/{TOKEN}/more",
        "/r/garden/statistics/",
        "/i/",
        "/i//",
        f"/i/{'x' * 65}/",
        f"/admin/i/{TOKEN}/",
    ],
)
def test_other_addresses_are_left_alone(path: str) -> None:
    assert mended(path) is None


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/whip/garden/", ("whip", "garden", None)),
        ("/whip/Garden", ("whip", "garden", None)),
        ("/WHEP//garden).", ("whep", "garden", None)),
        ("/whip/garden/ab12.cd34/", ("whip", "garden", "ab12.cd34")),
        ("/whip/garden/AB12.cd34", ("whip", "garden", "ab12.cd34")),
        ("/whip/garden/more", None),
        ("/whip/", None),
        ("/whip", None),
    ],
)
def test_media_addresses(path: str, meant: object) -> None:
    assert media_address(path) == meant


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/i/%s/)", "/i/%s", "http://testserver//i/%s/", "/i/%s/%%E2%%80%%8B", "/n/%s/%%20"]
)
def test_a_mangled_link_leads_to_the_clean_one_and_is_kept_by_no_cache(
    client: Client, path: str
) -> None:
    letter = "n" if "/n/" in path else "i"
    for method in (client.get, client.head):
        answer: Any = method(path % TOKEN, query_params={"userName": "Ann"})
        assert answer.status_code == 301
        assert answer["Location"] == f"/{letter}/{TOKEN}/?userName=Ann"
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.django_db
def test_a_mangled_room_looks_the_same_whether_there_is_one_or_not(client: Client) -> None:
    Room.objects.create(slug="garden", title="Garden")
    for path in ("/r/%s", "/r/%s/,", "/R/%s/"):
        there, absent = client.get(path % "garden"), client.get(path % "absent")
        assert there.status_code == absent.status_code == 301
        assert there["Location"] == "/r/garden/"
        same = {k: v for k, v in there.items() if k != "Location"}
        assert same == {k: v for k, v in absent.items() if k != "Location"}
        assert there.content == absent.content


@pytest.mark.django_db
def test_a_mangled_link_is_not_posted_to(client: Client) -> None:
    assert client.post(f"/i/{TOKEN}/)").status_code == 404


ASTRAY = ["/whip/garden/", "/whip/Garden", "/WHIP/garden", "/whip//garden", "/whip/garden),"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize("path", ASTRAY)
async def test_an_encoder_with_a_nearly_right_address_is_served(path: str) -> None:
    invite = await make_invite(await make_room())
    headers = {"Authorization": f"Bearer {invite.token}"}
    client = AsyncClient(enforce_csrf_checks=True)
    async with FakeWorker() as worker:
        answer: Any = await client.post(
            quote(path), data="v=0\r\n", content_type="application/sdp", headers=headers
        )
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (201, "*")
        join = await worker.heard(wire.Join)
        assert join.room == "garden"
        assert answer["Location"].startswith("/whip/garden/")
        ended = await client.delete(answer["Location"] + "/", headers=headers)
        assert ended.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/whip", "/whip/", "/whep/garden/more/", "/whip/ä", "http://testserver//whip/?x"]
)
async def test_no_address_of_media_gets_a_page_or_lacks_cors_headers(path: str) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE", "OPTIONS"):
        answer = await AsyncClient().generic(method, quote(path, safe=":/?"))
        assert answer.status_code == (200 if method == "OPTIONS" else 404), method
        assert answer["Content-Type"].startswith("text/plain") or not answer.content
        assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.django_db
def test_other_sites_may_also_read_djangos_own_answers() -> None:
    answer = Client(raise_request_exception=False).post("/whip/garden", headers={"Host": "evil"})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (400, "*")
    assert "Access-Control-Allow-Origin" not in Client().get("/r/garden/")
