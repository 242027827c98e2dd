"""Locks of the database that somebody else holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection


@contextmanager
def write_lock() -> Iterator[None]:
    """Hold it, as a program of somebody else does. Reading is possible."""
    settings = connection.settings_dict
    if connection.vendor == "postgresql":
        with psycopg.connect(
            host=settings["HOST"], user=settings["USER"], dbname=settings["NAME"]
        ) as other:
            tables = (
                "rooms_room, rooms_invite, rooms_chatline, rooms_notesupdate, auth_user,"
                " django_session"
            )
            other.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
            yield
            other.rollback()
        return
    file = sqlite3.connect(settings["NAME"], isolation_level=None)
    try:
        file.execute("BEGIN IMMEDIATE")
        yield
        file.rollback()
    finally:
        file.close()
