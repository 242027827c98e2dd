"""Sending a notification to devices (RFC 8030), encrypted for each (RFC 8291).

All of them are asked at once, as far as that goes. One that does not answer keeps no other waiting.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

from rooms import fetching
from rooms.entry.knocking import vapid
from rooms.models import Device

log = logging.getLogger(__name__)

# After that, whoever waited has given up, or the next notification is due.
TTL_SECONDS = 300
SECONDS = 5.0
AT_ONCE = 8
LARGEST_ANSWER = 64 * 1024  # bytes

# The browser has forgotten the subscription, or its person has withdrawn it.
_GONE = (404, 410)


class Sending:
    """On its way to ``devices`` from the moment it is made."""

    def __init__(self, title: str, link: str, devices: Sequence[Device]) -> None:
        self._payload = json.dumps({"title": title, "link": link}).encode()
        self._left: queue.SimpleQueue[Device] = queue.SimpleQueue()
        for device in devices:
            self._left.put(device)
        self._gone: list[int] = []
        self._threads = [
            threading.Thread(target=self._work, name="push", daemon=True)
            for _number in range(min(AT_ONCE, len(devices)))
        ]
        for thread in self._threads:
            thread.start()

    def ended(self) -> list[int]:
        """Wait for the end. Returns the keys of devices that are no more."""
        for thread in self._threads:
            thread.join()
        return self._gone

    def _work(self) -> None:
        while True:
            try:
                device = self._left.get_nowait()
            except queue.Empty:
                return
            try:
                status = send(device, self._payload)
            # Whatever goes wrong is one line in the log. An endpoint is secret, its host is not.
            except Exception as exc:
                reason = exc if isinstance(exc, fetching.FetchError) else type(exc).__name__
                _complain(device, str(reason))
                continue
            if status in _GONE:
                self._gone.append(device.pk)
            elif not 200 <= status < 300:
                _complain(device, f"its push service says {status}")


def send(device: Device, payload: bytes) -> int:
    """The push service's answer, as a status. Raises FetchError, OSError or ValueError."""
    # Its libraries are large, and few processes ever notify anyone.
    from pywebpush import WebPusher

    if not device.endpoint.startswith("https://"):
        raise fetching.Refused("The address does not begin with https://.")
    keys = {"p256dh": device.p256dh, "auth": device.auth}
    encoded = WebPusher({"endpoint": device.endpoint, "keys": keys}).encode(payload)
    headers = {
        **vapid.signed(device.endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_SECONDS),
        "Urgency": "high",
    }
    return fetching.fetch(
        device.endpoint,
        method="POST",
        headers=headers,
        body=encoded["body"],
        max_bytes=LARGEST_ANSWER,
        seconds=SECONDS,
        redirects=0,
    ).status


def _complain(device: Device, reason: str) -> None:
    host = urlsplit(device.endpoint).hostname
    log.warning("device %s (%s) was not notified: %s", device.pk, host, reason)
