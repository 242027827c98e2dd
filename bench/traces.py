"""Traces: files of what a receiver's estimator was told over a real path, to tell another one.

A trace is gzipped text: a line of JSON, then a line for each event, in the order in which the
estimator saw them. Fields are separated by commas: the kind, microseconds since the previous event,
and

- ``s``  a packet left: its transport-wide number, its size in bytes, the id of its probe or 0
- ``f``  feedback came: the RTCP packet in base64, the estimate after it (bit/s)
- ``r``  a report block: fraction lost in 1/256, round-trip time in µs or -1
- ``b``  REMB: bit/s
- ``t``  the timer's tick
- ``p``  a probe was asked for: bit/s wanted in all, the id of the probe or 0
- ``l``  the relay's count: bytes passed towards the receiver, with all headers, and packets
"""

from __future__ import annotations

import gzip
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.shaping import Conditions, Step
from sfu_worker.bwe.estimator import BandwidthEstimator
from sfu_worker.rtp import rtcp

# When a trace begins on the replaying estimator's clock, which must be greater than 0.
START = 1000.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the estimator was told.

    ``at`` is in seconds since the first step of ``Trace.down``. ``values`` are those of the file;
    the RTCP packet of an ``f`` is bytes.
    """

    kind: str
    at: float
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """``down`` and ``up`` are the link to the receiver and back, ``client`` is the receiver."""

    scenario: str
    client: str
    seconds: float
    down: list[Step]
    up: list[Step] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def write(path: Path, trace: Trace) -> None:
    """Write a trace. The same trace gives the same bytes."""
    head = {k: v for k, v in asdict(trace).items() if k != "events"}
    lines, before = [json.dumps(head)], 0
    for event in trace.events:
        at = round(event.at * 1e6)
        values = [b64encode(v).decode() if isinstance(v, bytes) else str(v) for v in event.values]
        lines.append(",".join([event.kind, str(at - before), *values]))
        before = at
    path.write_bytes(gzip.compress("\n".join(lines).encode() + b"\n", 9, mtime=0))


def read(path: Path) -> Trace:
    """Read a trace."""
    first, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    head = json.loads(first)
    for way in ("down", "up"):
        head[way] = [Step(step["at"], Conditions(**step["conditions"])) for step in head[way]]
    events, at = [], 0
    for line in lines:
        kind, passed, *values = line.split(",")
        at += int(passed)
        told: tuple[Any, ...] = (
            (b64decode(values[0]), int(values[1])) if kind == "f" else tuple(map(int, values))
        )
        events.append(Event(kind, at / 1e6, told))
    return Trace(**head, events=events)


def replay(
    trace: Trace, estimator: BandwidthEstimator, look: Callable[[Event], None] | None = None
) -> None:
    """Tell an estimator all that the recorded one was told; ``look`` is called after each event.

    It is asked for a probe only when the recorded estimator made one: a probe at another time would
    never be sent, and would delay the next one. If it makes none, the probe's packets are ordinary.
    """
    probes: dict[int, int] = {0: 0}
    for event in trace.events:
        now = START + event.at
        match event.kind, event.values:
            case "s", (seq, size, probe):
                estimator.history.sent(seq, size, now, probes.get(probe, 0))
            case "f", (data, _):
                for packet in rtcp.parse_compound(data):
                    assert isinstance(packet, rtcp.TransportFeedback)
                    estimator.feedback(packet, now)
            case "r", (lost, rtt):
                estimator.report(lost, rtt / 1e6 if rtt >= 0 else None, now)
            case "b", (bitrate,):
                estimator.remb(bitrate, now)
            case "t", _:
                estimator.tick(now)
            case "p", (wanted, probe) if probe:
                due = estimator.probe_due(now, wanted)
                probes[probe] = due.id if due else 0
        if look is not None:
            look(event)
