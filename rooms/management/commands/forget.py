"""``manage.py forget``: delete at once what the keeper deletes every ten minutes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rooms.entry.steady_clock import steady_now
from rooms.posts import keeping


class Command(BaseCommand):
    help = (
        "Delete what is left of calls that ended longer ago than their room keeps it. The keeper "
        "does the same every ten minutes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        now = steady_now()
        for room, lines in keeping.old_lines(now):
            self.stdout.write(f"{room.slug} ({room.chat_days} days): {lines.count()} chat lines")
        for old in keeping.old(now):
            counts = ", ".join(f"{count} {what}" for what, count in old.counts().items())
            notes = "; the notes if they are older" if old.notes else ""
            self.stdout.write(f"{old.room.slug} ({old.room.keep_days} days): {counts}{notes}")
        if not dry_run:
            while not keeping.forget(now):
                pass
            self.stdout.write("Deleted.")
