"""What one receiver gets: layers, probes and repair within the bandwidth of its link."""

from __future__ import annotations

from collections.abc import Iterable

from sfu_worker.bwe import rate
from sfu_worker.bwe.estimator import BandwidthEstimator
from sfu_worker.bwe.probe import Probe
from sfu_worker.down.allocation import Choice, LayerInfo, Wish, allocate
from sfu_worker.down.output import Output
from sfu_worker.down.pacer import TICK, Pacer
from sfu_worker.down.redundancy import MAX_RATE, Redundancy, affordable
from sfu_worker.down.slot import Slot
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.dependency import ALL_TEMPORAL
from sfu_worker.up.layer import UpLayer

# A receiver that has reported nothing this long after the first packet never will. It is not
# limited.
BLIND_SECONDS = 2.0

# 75 ms: the estimator asks for 25 to 100, and there is one for each receiver.
ESTIMATOR_TICKS = 3

# Seconds of queue that are left when a key frame is requested again: it takes that long to come.
KEYFRAME_AHEAD = 0.3

# A budget that is this many times what is wanted need not be shared out.
AMPLE = 1.5


class Egress:
    """One receiver. ``estimator`` is told of each packet; the rest runs on timers."""

    def __init__(self) -> None:
        self.estimator = BandwidthEstimator()
        self.pacer = Pacer()
        # bit/s that everything wanted would need; 0 when all of it is sent.
        self.unmet = 0
        self._redundancy = Redundancy()
        # The link has fallen: layers must be chosen anew, now. Cleared by ``choose``.
        self.urgent = False
        self._heard = False
        # When there was first something to send over a connection that stands.
        self._since = -1.0
        self._wanted = 0
        self._ticks = 0
        self._choices: dict[str, Choice] = {}
        # Outputs that have sent something again and do not know yet whether it has arrived.
        self._repairing: set[Output] = set()
        self._probe: Probe | None = None
        self._probe_left = 0

    def __str__(self) -> str:
        e = self.estimator
        return (
            f"takes {e.estimate // 1000} kbit/s of {self.unmet // 1000 or 'enough'}, "
            f"loss {e.loss:.0%}, "
            f"sound {1 + self._redundancy.blocks} times, "
            f"rtt {e.rtt * 1000:.0f} ms, queue {e.queue_delay * 1000:.0f} ms"
            f"{', draining' if e.draining else ''}"
        )

    # What the receiver says

    def on_feedback(self, feedback: rtcp.TransportFeedback, now: float) -> None:
        """Transport-wide feedback."""
        self._heard = True
        before = self.estimator.draining
        self.estimator.feedback(feedback, now)
        self.pacer.tick(self.estimator.target, now)
        self.urgent |= self.estimator.draining and not before

    def on_remb(self, bitrate: int, now: float) -> None:
        """The receiver's own estimate."""
        self._heard = True
        self.estimator.remb(bitrate, now)

    def on_report(self, fraction_lost: int, rtt: float | None, now: float) -> None:
        """A report block about one of our streams."""
        self.estimator.report(fraction_lost, rtt, now)

    @property
    def heard(self) -> bool:
        """Whether the receiver has said anything about what arrives."""
        return self._heard

    @property
    def link(self) -> tuple[int, float, float]:
        """The way to the receiver: estimate in bit/s, round trip and queue in s."""
        return self.estimator.estimate, self.estimator.rtt, self.estimator.queue_delay

    def limited(self, now: float) -> bool:
        """Whether the estimate counts: not for receivers that tell us nothing."""
        return self._heard or self._since < 0 or now - self._since < BLIND_SECONDS

    # Timers

    def tick(self, slots: Iterable[Slot], now: float) -> None:
        """Timer, every 25 ms: notice silence, send what had to wait, repair and probe."""
        if self._since < 0 and self._wanted:
            self._since = now
        self._ticks += 1
        if self._ticks % ESTIMATOR_TICKS == 0:
            if self._heard:
                self.estimator.tick(now)
        elif not (self.unmet or self._probe or self._repairing or self.pacer.waiting):
            # As nearly always, for each of many receivers.
            return
        self.pacer.tick(self.estimator.target if self.limited(now) else rate.MAX_RATE, now)
        if self._repairing:
            self._follow_up(now)
        self._go_on_probing(slots, now)

    def _go_on_probing(self, slots: Iterable[Slot], now: float) -> None:
        """The next part of a probe; begins one when it is due.

        Also before the receiver has reported anything: when no picture fits into the first
        estimate, only a probe can raise it.
        """
        if self._probe is None:
            if not self.unmet:
                return
            self._probe = self.estimator.probe_due(now, self.unmet)
            if self._probe is None:
                return
            self._probe_left = max(self._probe.size, self._probe.packets * 200)
        self._send_probe(self._probe, slots, now)

    def _send_probe(self, probe: Probe, slots: Iterable[Slot], now: float) -> None:
        """Repeat recent packets on a repair stream: unlike padding they may even be of use."""
        video = [s for s in slots if s.kind == "video" and s.output.line.rtx_ssrc is not None]
        slot = next((s for s in video if s.layer is not None), video[0] if video else None)
        if slot is None:
            self._probe = None
            return
        portion = int(probe.size * TICK / probe.duration) + 1
        sent = slot.output.pad(min(portion, self._probe_left), now, probe.id)
        self._probe_left -= sent
        if not sent or self._probe_left <= 0:
            self._probe = None

    def choose(self, slots: list[Slot], now: float) -> list[Slot]:
        """A few times a second, and at every wish: choose the layer of each slot.

        Returns the slots that the budget leaves empty.
        """
        self.urgent = False
        video = [s for s in slots if s.kind == "video" and s.track is not None and s.track.layers]
        self._choose_sound(slots, now)
        budget = self._budget(slots) if self.limited(now) else rate.MAX_RATE
        best = {
            slot.mid: slot.track.layer_for(slot.height, now)
            for slot in video
            if slot.track is not None
        }
        self._wanted = sum(layer.bitrates[-1] for layer in best.values() if layer is not None)
        if self._wanted * AMPLE < budget:
            self.unmet = 0
            self._choices.clear()
            for slot in video:
                slot.limited("")
                self._apply(slot, best[slot.mid], ALL_TEMPORAL, now)
            return []
        return self._share(video, budget, now)

    def _choose_sound(self, slots: list[Slot], now: float) -> None:
        """Sound is never weighed against pictures: it is little, and it is what a call is for.

        On a lossy link it is repeated.
        """
        sound, repeated = 0, []
        for slot in slots:
            if slot.kind == "audio" and slot.track is not None and slot.track.layers:
                layer = slot.track.layers[-1]
                slot.output.aim(layer, now)
                slot.output.repeat(0)
                sound += layer.rates.rates[-1]
                if slot.output.takes_red and layer.rates.rates[-1] <= MAX_RATE:
                    repeated.append((slot, layer.rates.rates[-1]))
        blocks = self._redundancy.update(self.estimator.path_loss, now)
        if blocks and self.limited(now):
            blocks = affordable(
                blocks, sum(bitrate for _, bitrate in repeated), sound, self.estimator.estimate
            )
        for slot, _ in repeated:
            slot.output.repeat(blocks)

    def _budget(self, slots: list[Slot]) -> int:
        """The bandwidth left for video. Audio comes first, with at most half of the estimate."""
        estimate = self.estimator.estimate
        heard = (s for s in slots if s.kind == "audio" and s.layer is not None)
        sound = sum(
            (1 + s.output.redundancy) * s.layer.rates.rates[-1]
            for s in heard
            if s.layer is not None
        )
        return max(estimate - sound, estimate // 2)

    def _share(self, video: list[Slot], budget: int, now: float) -> list[Slot]:
        wishes = [self._wish(slot, now) for slot in video]
        shared = allocate(budget, wishes, self._choices or _shown(video), now)
        # Not only the next step: with many slots that would be a long stair.
        self.unmet = int(self._wanted * AMPLE) if shared.unmet_bps else 0
        self._choices = {choice.slot: choice for choice in shared.choices}
        starved = []
        for slot, choice in zip(video, shared.choices, strict=True):
            assert slot.track is not None
            slot.limited(choice.reason)
            if choice.spatial < 0:
                slot.output.aim(None, now)
                if choice.reason == "bandwidth":
                    starved.append(slot)
                continue
            layer = slot.track.layers[choice.spatial]
            top = choice.temporal >= len(layer.bitrates) - 1
            self._apply(slot, layer, ALL_TEMPORAL if top else choice.temporal, now)
        return starved

    def _apply(self, slot: Slot, layer: UpLayer | None, temporal: int, now: float) -> None:
        if layer is None:
            return
        current = slot.layer
        if (
            self.estimator.draining
            and current is not None
            and current.bitrates[-1] > layer.bitrates[-1]
        ):
            # The link has fallen and its queue is full: what is sent now arrives late and keeps it
            # full.
            slot.output.unbind(now)
        slot.output.thin(temporal)
        if (
            self.estimator.draining
            and slot.layer is None
            and self.estimator.backlog(now) > KEYFRAME_AHEAD
        ):
            return
        slot.output.aim(layer, now)

    def _wish(self, slot: Slot, now: float) -> Wish:
        assert slot.track is not None
        alive = [
            len(slot.track.layers) == 1 or slot.track.alive(layer, now)
            for layer in slot.track.layers
        ]
        # All heights or none: among known ones an unknown one would pass for the smallest.
        known = all(
            layer.size for layer, sent in zip(slot.track.layers, alive, strict=True) if sent
        )
        layers = tuple(
            LayerInfo(i, layer.size[1] if layer.size and known else 0, layer.bitrates, alive[i])
            for i, layer in enumerate(slot.track.layers)
        )
        return Wish(slot.mid, slot.priority, slot.height, layers)

    # Repair

    def retransmit(self, output: Output, lost: list[int], now: float) -> None:
        """Send again what the receiver asks for, as much as the budget for it allows."""
        # A packet in a queue is not lost, and the answer to it takes as long as the queue.
        round_trip = self.estimator.rtt + self.estimator.queue_delay
        room = self._repair_room(now)
        self.pacer.repaired(output.retransmit(lost, now, round_trip, room))
        if output.repairing:
            self._repairing.add(output)

    def _follow_up(self, now: float) -> None:
        for output in list(self._repairing):
            self.pacer.repaired(output.follow_up(now, self._repair_room(now)))
            if not output.repairing:
                self._repairing.discard(output)

    def _repair_room(self, now: float) -> int:
        return self.pacer.repair_room(now) if self._heard else 1 << 20


def _shown(video: list[Slot]) -> dict[str, Choice]:
    """The slots' layers as choices, for when no budget was shared out lately."""
    shown = {}
    for slot in video:
        layer = slot.layer
        if layer is not None and slot.track is not None and layer in slot.track.layers:
            temporal = min(slot.output.max_temporal, len(layer.bitrates) - 1)
            shown[slot.mid] = Choice(
                slot.mid, slot.track.layers.index(layer), temporal, layer.bitrates[temporal]
            )
    return shown
