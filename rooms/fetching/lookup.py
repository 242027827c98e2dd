"""Resolving names within a time limit."""

from __future__ import annotations

import queue
import socket
import threading

from rooms.fetching.errors import Failed, TooSlow

# The operating system's resolver cannot be stopped. Its threads end by themselves, after some 30 s.
MAX_LOOKUPS = 16

_places = threading.BoundedSemaphore(MAX_LOOKUPS)


def addresses(host: str, port: int, seconds: float) -> list[str]:
    """The IP addresses of ``host``, best first, each once. Raises Failed.

    ``host`` may also be an address in any form that the resolver knows, such as 0x7f.1.
    """
    if not _places.acquire(blocking=False):
        raise Failed("Too many names are being looked up. Try again in a moment.")
    results: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()
    threading.Thread(
        target=_look_up, args=(host, port, results), name="lookup", daemon=True
    ).start()
    try:
        found = results.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TooSlow("The site's name could not be looked up in time.") from None
    if isinstance(found, Exception) or not found:
        raise Failed("The site's name is not known.")
    return found


def _look_up(
    host: str, port: int, results: queue.SimpleQueue[list[str] | OSError | UnicodeError]
) -> None:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        results.put(list(dict.fromkeys(str(info[4][0]) for info in infos)))
    except (OSError, UnicodeError) as exc:
        results.put(exc)
    finally:
        _places.release()
