"""A UDP relay between one client and the worker, with one link each way.

It runs in a thread, so that the event loop's work does not delay packets.
"""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import threading
import time
from collections.abc import Sequence

from bench.shaping import Conditions, Link, Step, conditions_at

# Seconds until a change of the conditions is noticed at the latest.
LONGEST_SLEEP = 0.02


def through(sdp: str, port: int) -> str:
    """Replace the answer's candidates by the relay on loopback.

    Raises ValueError if the answer has no UDP candidate.
    """
    pattern = re.compile(r"^a=candidate:(\S+) (\d) udp (\d+) \S+ \d+ typ host.*$", re.IGNORECASE)
    lines: list[str] = []
    found = 0
    for line in sdp.splitlines():
        if line.startswith("a=candidate:"):
            match = pattern.match(line)
            # TCP candidates and further addresses would be ways around the relay.
            if match is None or (lines and lines[-1].startswith("a=candidate:")):
                continue
            found += 1
            line = f"a=candidate:{match[1]} {match[2]} udp {match[3]} 127.0.0.1 {port} typ host"
        lines.append(line)
    if not found:
        raise ValueError("the answer has no UDP candidate")
    return "\r\n".join(lines) + "\r\n"


def udp_candidate(sdp: str) -> tuple[str, int]:
    """Address and port of the answer's first UDP candidate. Raises ValueError."""
    match = re.search(
        r"^a=candidate:\S+ \d udp \d+ (\S+) (\d+) typ host", sdp, re.IGNORECASE | re.MULTILINE
    )
    if match is None:
        raise ValueError("the answer has no UDP candidate")
    return match[1], int(match[2])


class Relay:
    """Both links of one client; ``down`` is towards the client.

    The links are clean until ``begin`` starts the steps.
    """

    def __init__(self, down: Sequence[Step], up: Sequence[Step] = (), seed: int = 1) -> None:
        self.down, self.up = Link(seed), Link(seed + 1000)
        self._steps = (down, up)
        self._began: float | None = None
        self._worker: tuple[str, int] | None = None
        self._client: tuple[str, int] | None = None
        self._front, self._back = _udp(), _udp()
        self.port = int(self._front.getsockname()[1])
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def open(self, worker: tuple[str, int]) -> None:
        """Relay to the worker at this address."""
        self._worker = worker
        self._thread.start()

    def begin(self) -> float:
        """Start the clock of the steps. Returns its zero (time.monotonic())."""
        self._began = time.monotonic()
        return self._began

    def change(self, down: Conditions, up: Conditions | None = None) -> None:
        """From now on the links are like this, whatever the steps say."""
        self._steps = ([Step(0.0, down)], [Step(0.0, up or Conditions())])
        self.begin()

    def close(self) -> None:
        """End the thread and close the sockets."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(2)
        self._front.close()
        self._back.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._front, selectors.EVENT_READ)
            selector.register(self._back, selectors.EVENT_READ)
            while not self._ending.is_set():
                now = time.monotonic()
                due = [t for t in (self.down.next_due(), self.up.next_due()) if t is not None]
                selector.select(max(0.0, min([LONGEST_SLEEP, *[t - now for t in due]])))
                self._turn(time.monotonic())

    def _turn(self, now: float) -> None:
        for link, steps in ((self.down, self._steps[0]), (self.up, self._steps[1])):
            wanted = (
                conditions_at(steps, now - self._began) if self._began is not None else Conditions()
            )
            if wanted is not link.conditions and wanted != link.conditions:
                link.change(wanted, now)
        for data, sender in _received(self._front):
            self._client = sender
            self.up.push(data, now)
        for data, _ in _received(self._back):
            self.down.push(data, now)
        _send(self._back, self.up.pop(now), self._worker)
        _send(self._front, self.down.pop(now), self._client)


def _udp() -> socket.socket:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # Only the shaped queue may drop: the kernel's must hold what comes while this thread waits.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind(("127.0.0.1", 0))
    s.setblocking(False)
    return s


def _received(s: socket.socket) -> list[tuple[bytes, tuple[str, int]]]:
    found: list[tuple[bytes, tuple[str, int]]] = []
    with contextlib.suppress(BlockingIOError):
        while len(found) < 256:
            try:
                found.append(s.recvfrom(2048))
            except ConnectionError:
                continue  # an ICMP error for something sent before
    return found


def _send(s: socket.socket, datagrams: list[bytes], to: tuple[str, int] | None) -> None:
    if to is None:
        return
    for data in datagrams:
        with contextlib.suppress(OSError):
            s.sendto(data, to)
