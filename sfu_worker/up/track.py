"""Media in: a published track over its layers, and which of them are watched."""

from __future__ import annotations

from typing import Protocol

from sfu_worker.up.layer import UpLayer
from sfu_worker.up.origin import Origin

# A layer with this share of the wanted height is good enough: the next larger one costs four times
# the bits.
LAYER_FITS = 0.85

# A simulcast layer that has sent nothing for so long is one that the sender has stopped.
LAYER_SILENT_SECONDS = 1.5

# Seconds until a sender is told to stop a layer that nobody watches; to start one again it is told
# at once.
FEWER_AFTER = 3.0


class Subscriber(Protocol):
    """A slot that carries the track."""

    @property
    def height(self) -> int:
        """The height that is wanted there, in pixels; 0 is as large as there is."""

    def release(self, now: float) -> None:
        """Carry the track no longer."""


class UpTrack:
    """A published track. After a new connection it goes on with new layers."""

    def __init__(self, track_id: str, participant: str, source: str, kind: str) -> None:
        self.origin = Origin(track_id, participant, source, kind)
        # What the sender has said; a host may hold the track beside that.
        self.self_muted = False
        self.held = False
        self.published = False
        self.codec = ""
        # The layer that began last. Its codec is the track's: a sender changes all layers at once,
        # but those that are stopped follow later.
        self.newest: UpLayer | None = None
        self.rids: list[str] = []
        self.layers: list[UpLayer] = []
        self.subscribers: list[Subscriber] = []
        # The layers that the sender was last told to send; None: nothing was said, so all of them.
        self.told_rids: list[str] | None = None
        self.fewer_since: float | None = None
        # When the last layer went away; a track without layers for long is unpublished.
        self.silent_since: float | None = None

    @property
    def id(self) -> str:
        return self.origin.id

    @property
    def participant(self) -> str:
        """The id of the sender."""
        return self.origin.participant

    @property
    def source(self) -> str:
        """One of ``wire.SOURCES``."""
        return self.origin.source

    @property
    def kind(self) -> str:
        """``audio`` or ``video``."""
        return self.origin.kind

    @property
    def muted(self) -> bool:
        """As the others see it."""
        return self.self_muted or self.held

    @property
    def speaks(self) -> bool:
        """Whether its levels say who speaks. A shared film is no speaker, nor is who is held."""
        return self.source == "microphone" and not self.held

    def hold(self, held: bool, now: float) -> None:
        """A host holds the track or releases it. While it is held no slot may carry it."""
        self.held = held
        for slot in list(self.subscribers) if held else ():
            slot.release(now)
        for layer in self.layers:
            layer.speaks = self.speaks
            layer.forget()

    def add_layer(self, layer: UpLayer) -> None:
        """Add a layer. They stay in the order of the offer's rids, which says nothing of sizes."""
        layer.speaks = self.speaks
        self.layers.append(layer)
        order = {rid: i for i, rid in enumerate(self.rids)}
        self.layers.sort(key=lambda x: order.get(x.rid, 0))
        self.codec = layer.codec.name
        self.newest = layer
        self.silent_since = None

    def drop_layers(self, now: float) -> None:
        """The connection that carried the track is gone."""
        for layer in self.layers:
            layer.close()
        self.layers.clear()
        self.newest = None
        self.told_rids = None
        self.silent_since = now

    def wanted_rids(self, now: float) -> list[str] | None:
        """The layers to ask the sender for, or None if nothing changed: more at once, fewer later.

        The lowest is always wanted: it is there when a link falls, and it shows that the camera is
        on.
        """
        if (
            len(self.rids) < 2
            or len(self.layers) < len(self.rids)
            or not all(layer.size for layer in self.layers)
        ):
            return None
        wanted = [layer.rid for layer in self._watched()]
        told = (
            self.told_rids
            if self.told_rids is not None
            else [layer.rid for layer in smallest_first(self.layers)]
        )
        if wanted == told:
            self.fewer_since = None
            return None
        if set(wanted) < set(told):
            if self.fewer_since is None:
                self.fewer_since = now
            if now - self.fewer_since < FEWER_AFTER:
                return None
        self.fewer_since = None
        self.told_rids = wanted
        return wanted

    def _watched(self) -> list[UpLayer]:
        ordered = smallest_first(self.layers)
        watched = ordered[:1]
        for slot in self.subscribers:
            for i, layer in enumerate(ordered):
                if i >= len(watched):
                    watched.append(layer)
                if slot.height and layer.size and layer.size[1] >= slot.height * LAYER_FITS:
                    break
        return watched

    def alive(self, layer: UpLayer, now: float) -> bool:
        """Whether the sender still sends this layer, in the codec that it sends now."""
        return now - layer.last_at < LAYER_SILENT_SECONDS and (
            self.newest is None or self.newest.codec_key == layer.codec_key
        )

    def layer_for(self, height: int, now: float) -> UpLayer | None:
        """The smallest layer that is sent and high enough for ``height`` pixels.

        The largest one when none is, or height is 0.
        """
        layers = self.layers
        if len(layers) > 1:
            layers = (
                smallest_first([layer for layer in layers if self.alive(layer, now)])
                or smallest_first(layers)[:1]
            )
        for layer in layers:
            if height and layer.size and layer.size[1] >= height * LAYER_FITS:
                return layer
        return layers[-1] if layers else None


def smallest_first(layers: list[UpLayer]) -> list[UpLayer]:
    """Layers by height, or by bitrate as long as a height is not known.

    The order of the rids is the sender's business (RFC 8853): pages list the smallest first, OBS
    the largest.
    """
    if all(layer.size for layer in layers):
        return sorted(layers, key=lambda layer: layer.size[1] if layer.size else 0)
    return sorted(layers, key=lambda layer: layer.bitrates[-1])
