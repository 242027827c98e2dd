"""Which consumer answers which WebSocket address. ``confcall.asgi`` checks the origin first."""

from typing import Any

from django.urls import re_path

from rooms.consumers.call import CallConsumer
from rooms.consumers.notes import NotesConsumer

websocket_urlpatterns: list[Any] = [
    re_path(r"^ws/call/(?P<slug>[a-z0-9-]{1,63})/$", CallConsumer.as_asgi()),
    re_path(r"^ws/notes/$", NotesConsumer.as_asgi()),
]
