"""A worker whose estimators record what they are told: ``python -m bench.recording``.

Settings are those of ``sfu_worker.process``. The estimators are replaced from here; the worker does
not know about it. When it ends, it writes the events of each receiver to RECORD_TO, as
``<participant>.pickle``: a list of (kind, time.monotonic(), values) as in ``bench.traces``.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sfu_worker import process as worker
from sfu_worker.bwe.estimator import BandwidthEstimator
from sfu_worker.bwe.history import PacketHistory
from sfu_worker.bwe.probe import Probe
from sfu_worker.call.feedback import Feedback
from sfu_worker.call.participant import Participant
from sfu_worker.down import egress
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.rtcp.types import RTPFB


class RecordingHistory(PacketHistory):
    """Writes each packet that leaves into ``events``."""

    def __init__(
        self,
        marked: Callable[[int, int, int], None],
        events: list[tuple[str, float, tuple[Any, ...]]],
    ) -> None:
        super().__init__(marked)
        self._events = events

    def sent(self, seq16: int, size: int, now: float, probe: int = 0) -> None:
        self._events.append(("s", now, (seq16, size, probe)))
        super().sent(seq16, size, now, probe)


class RecordingEstimator(BandwidthEstimator):
    """An estimator that keeps what it is told in ``events``."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[str, float, tuple[Any, ...]]] = []
        # Feedback packets of the datagram that is being read.
        self.coming: deque[bytes] = deque()
        self.history = RecordingHistory(self._prober.sent, self.events)
        self._measured.history = self.history

    def feedback(self, packets: rtcp.TransportFeedback, now: float) -> None:
        super().feedback(packets, now)
        self.events.append(("f", now, (self.coming.popleft(), self.estimate)))

    def report(self, fraction_lost: int, rtt: float | None, now: float) -> None:
        self.events.append(("r", now, (fraction_lost, -1 if rtt is None else round(rtt * 1e6))))
        super().report(fraction_lost, rtt, now)

    def remb(self, bitrate: int, now: float) -> None:
        self.events.append(("b", now, (bitrate,)))
        super().remb(bitrate, now)

    def tick(self, now: float) -> None:
        self.events.append(("t", now, ()))
        super().tick(now)

    def probe_due(self, now: float, wanted_bps: int) -> Probe | None:
        probe = super().probe_due(now, wanted_bps)
        self.events.append(("p", now, (wanted_bps, probe.id if probe else 0)))
        return probe


def transport_feedback(data: bytes) -> list[bytes]:
    """The transport-wide feedback packets (FMT 15) in a compound packet."""
    found, at = [], 0
    while at + 4 <= len(data):
        end = at + 4 * (int.from_bytes(data[at + 2 : at + 4], "big") + 1)
        if (data[at] & 0x1F, data[at + 1]) == (15, RTPFB):
            found.append(data[at:end])
        at = end
    return found


def record(told: dict[str, RecordingEstimator]) -> None:
    """Let the estimator of each participant record, and keep it in ``told`` under their id."""
    connect, hear = Participant.connected, Feedback.on_rtcp

    def connected(self: Participant) -> None:
        assert self.connection is not None
        estimator = self.connection.egress.estimator
        assert isinstance(estimator, RecordingEstimator)
        told[self.id] = estimator
        connect(self)

    def on_rtcp(self: Feedback, data: bytes, now: float) -> None:
        estimator = self._egress.estimator
        assert isinstance(estimator, RecordingEstimator)
        estimator.coming = deque(transport_feedback(data))
        hear(self, data, now)

    egress.BandwidthEstimator = RecordingEstimator  # type: ignore[attr-defined, assignment]
    Participant.connected = connected  # type: ignore[method-assign]
    Feedback.on_rtcp = on_rtcp  # type: ignore[method-assign]


def main() -> int:
    told: dict[str, RecordingEstimator] = {}
    record(told)
    status = worker.main()
    for name, estimator in told.items():
        (Path(os.environ["RECORD_TO"]) / f"{name}.pickle").write_bytes(
            pickle.dumps(estimator.events)
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
