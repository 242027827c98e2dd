"""Make the rooms that the demo blog embeds. What exists stays as it is.

python tools/demo_rooms.py http://localhost:8090
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "confcall.settings")

import django  # noqa: E402

# As in ``date.weekday``.
SUNDAY = 6

ROOMS = (
    ("garden", "The garden table", "We plan the spring beds. Everybody is welcome."),
    ("office", "Ann’s office", "Knock if the door is closed."),
    ("sunday", "Sunday at the allotment", "Ann shows what grows, and you ask."),
)
POST = """\
<h2>What we agreed on</h2>
<ul><li>Beans go to the south wall.</li><li>Cleo brings the long ladder.</li></ul>
<h2>Open questions</h2>
<p>Who has the key to the shed?</p>
"""

MARKDOWN = """\
## What we agreed on

- Beans go to the south wall.
- Cleo brings the long ladder.

## Open questions

Who has the key to the shed?
"""


def make(blog: str) -> None:
    """A call that anyone may join, an office with a door, a weekly call, and a post."""
    from django.utils import timezone

    from rooms.models import Background, OpeningHours, Post, Room, Weekday

    background = Background.objects.order_by("pk").first()
    begins = next_sunday(timezone.localtime())
    times = {"opens": begins, "closes": begins + timedelta(hours=2), "repeats": "weekly"}
    more: dict[str, dict[str, Any]] = {
        "garden": {"visitors": "speak"},
        "office": {"visitors": "speak", "opens_with_owner": True},
        "sunday": {"visitors": "listen", **times},
    }
    made: dict[str, tuple[Room, bool]] = {}
    for slug, title, description in ROOMS:
        common = {"title": title, "description": description, "embed_origins": blog}
        values = common | {"background": background} | more[slug]
        made[slug] = Room.objects.get_or_create(slug=slug, defaults=values)
    office, is_new = made["office"]
    for day in (Weekday.TUESDAY, Weekday.THURSDAY) if is_new else ():
        OpeningHours.objects.create(room=office, weekday=day, begins=time(9), ends=time(12))
    words = {"title": "The spring beds", "authors": "Ann, Ben, Cleo"}
    text = {"html": POST, "markdown": MARKDOWN, "room": made["garden"][0]}
    Post.objects.get_or_create(slug="spring-beds", defaults=words | text)


def next_sunday(now: datetime) -> datetime:
    """Three in the afternoon of the next Sunday."""
    day = now + timedelta(days=(SUNDAY - now.weekday()) % 7 or 7)
    return day.replace(hour=15, minute=0, second=0, microsecond=0)


if __name__ == "__main__":
    django.setup()
    make(sys.argv[1])
