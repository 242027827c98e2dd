"""A WebRTC client without codecs, for ``manage.py calltest``, ``bench/`` and tests.

It sends packets with a stamp, and checks each packet that arrives.
"""

from sfu_worker.light_client.client import LightClient, Signalling
from sfu_worker.light_client.door import Door, open_door
from sfu_worker.light_client.hub import Hub
from sfu_worker.light_client.link import Link
from sfu_worker.light_client.media import Media
from sfu_worker.light_client.receiving import Gaps, Receiver
from sfu_worker.light_client.sending import Plan
from sfu_worker.light_client.signalling import WebSocketSignalling, WorkerSignalling, open_layer

__all__ = [
    "Door",
    "Gaps",
    "Hub",
    "LightClient",
    "Link",
    "Media",
    "Plan",
    "Receiver",
    "Signalling",
    "WebSocketSignalling",
    "WorkerSignalling",
    "open_door",
    "open_layer",
]
