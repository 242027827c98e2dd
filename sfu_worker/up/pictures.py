"""What the payload of a video packet says of its picture."""

from __future__ import annotations

from collections.abc import Callable

from sfu_worker.rtp import keyframes, vp8, vp9
from sfu_worker.rtp.dependency import ALL_TEMPORAL
from sfu_worker.up.batch import Packet


class Pictures:
    """Reads the packets of one stream of video.

    Chromium leaves picture ids and temporal layers out of VP8's own descriptor where it sends the
    dependency descriptor, which was read before.
    """

    __slots__ = ("_codec", "_key_timestamp", "_name", "size")

    def __init__(self, codec: str) -> None:
        # The size of the newest key frame, where it says it.
        self.size: tuple[int, int] | None = None
        self._codec = codec
        self._name = codec.upper()
        self._key_timestamp = -1

    @property
    def reader(self) -> Callable[[Packet], bool]:
        """Sets a packet's fields. Returns whether it belongs to the newest key frame."""
        return self._read_vp8 if self._name == "VP8" else self._read_other

    def _read_vp8(self, p: Packet) -> bool:
        found = vp8.descriptor(p.payload, 0, p.size)
        if found is None:
            p.picture_id_at = p.tl0_at = 0
            p.begins_frame = p.keyframe = p.layer_sync = False
            return p.timestamp == self._key_timestamp
        p.picture_id_at, p.picture_id, p.picture_id_bits, p.tl0_at, p.tl0 = found[:5]
        temporal, p.layer_sync, p.begins_frame, p.keyframe, _ = found[5:]
        if temporal >= 0:
            p.temporal = temporal
            p.switch_up = -1
        if p.keyframe:
            self._key_timestamp = p.timestamp
            self.size = vp8.keyframe_size(p.payload, 0, p.size) or self.size
        return p.timestamp == self._key_timestamp

    def _read_other(self, p: Packet) -> bool:
        p.layer_sync = False
        if self._name == "VP9":
            found = vp9.descriptor(p.payload, 0, p.size)
            if found is None:
                p.picture_id_at = p.tl0_at = 0
                p.begins_frame = p.keyframe = False
                return p.timestamp == self._key_timestamp
            p.picture_id_at, p.picture_id, p.picture_id_bits, p.tl0_at, p.tl0 = found[:5]
            temporal, up, p.begins_frame, may_be_key = found[5:]
            if temporal >= 0:
                p.temporal = temporal
                p.switch_up = ALL_TEMPORAL if up else -1
        else:
            may_be_key = p.begins_frame or p.temporal < 0
        p.keyframe = may_be_key and keyframes.starts_keyframe(self._codec, p.payload, 0, p.size)
        if p.keyframe:
            self._key_timestamp = p.timestamp
            self.size = keyframes.picture_size(self._codec, p.payload, 0, p.size) or self.size
        return p.timestamp == self._key_timestamp
