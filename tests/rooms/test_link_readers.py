"""What programs that other people wrote read of a link."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from rooms.models import Invite, Room
from tools.etherpad_for_tests import node_program
from tools.product import ROOT

READER = Path(__file__).with_name("read_link.mjs")


def read(address: str) -> dict[str, Any]:
    command = [node_program("node"), str(READER), address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.django_db(transaction=True)
def test_readers_of_links_find_title_picture_and_frame(
    live_server: LiveServer, settings: Any
) -> None:
    settings.SITE_URL, settings.SITE_ORIGINS = live_server.url, [live_server.url]
    room = Room.objects.create(slug="tea", title="Tea & <cake>", visitors="speak")
    closed = Room.objects.create(slug="quiet", title="Quiet")
    invite = Invite.objects.create(room=closed, uses_left=1)
    for path, title in (("/r/tea/", room.title), (invite.get_absolute_url(), closed.title)):
        found = read(live_server.url + path)
        assert found["graph"].get("ogTitle") == title, found
        [image] = found["graph"]["ogImage"]
        assert (image["width"], image["height"]) == ("1200", "630")
        assert image["url"].startswith(live_server.url)
        assert found["embed"].get("type") == "rich", found["embed"]
        assert found["embed"]["title"] == title
        assert found["embed"]["width"] <= 320
        assert f"{live_server.url}/e" in found["embed"]["html"]
    invite.refresh_from_db()
    assert invite.uses_left == 1
    hidden = read(f"{live_server.url}/r/quiet/")
    assert "Quiet" not in json.dumps(hidden)
    assert hidden["embed"]["error"]
