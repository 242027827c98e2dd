"""Where packets go, and what keeps account of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfu_worker.bwe.history import PacketHistory
from sfu_worker.down.pacer import Pacer
from sfu_worker.net.transport import Transport


@dataclass(frozen=True, slots=True)
class Receiver:
    """The connection to one receiver; all of its outputs share it."""

    transport: Transport
    history: PacketHistory
    pacer: Pacer = field(default_factory=Pacer)
