"""HTTP to Django, WebSockets to the consumers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "confcall.settings")
django_application = get_asgi_application()  # before anything that imports models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import WebsocketDenier  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from confcall.hot_cards import HotCards  # noqa: E402
from rooms import database  # noqa: E402
from rooms.consumers.origin import SiteOriginValidator  # noqa: E402
from rooms.routing import websocket_urlpatterns  # noqa: E402

database.limit_waits()

# Without the last route, an unknown address would be logged as an exception with a traceback.
_websockets = URLRouter([*websocket_urlpatterns, re_path(r"", WebsocketDenier.as_asgi())])

application = ProtocolTypeRouter(
    {
        "http": HotCards(django_application),
        "websocket": SiteOriginValidator(_websockets, settings.SITE_ORIGINS),
    }
)
