"""Which video codecs everyone but the sender decodes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sfu_worker.sdp.codecs import SUPPORTED_VIDEO, Codec, find_codec

# The stream that a name stands for, as a ``codec_key``: what browsers send for 8-bit 4:2:0 video.
STREAMS = {"VP8": "VP8", "H264": "H264/1/42e0", "VP9": "VP9/0", "AV1": "AV1/0"}


def decodes(slots: Iterable[Iterable[Codec]]) -> frozenset[str]:
    """The names of the codecs that all of a receiver's video slots can carry.

    ``slots`` has the codecs of each slot, and at least one slot.
    """
    carried = [
        frozenset(name for name, key in STREAMS.items() if find_codec(codecs, key))
        for codecs in slots
    ]
    return frozenset.intersection(*carried)


class CommonCodecs:
    """What each receiver in a room decodes, and what each sender was told about it."""

    def __init__(self) -> None:
        self._decoders: dict[str, frozenset[str]] = {}
        self._told: dict[str, list[str]] = {}
        self._stale = False

    def offered(self, who: str, slots: list[list[Codec]]) -> None:
        """Somebody's offer was answered with these video slots.

        The last offer counts until the next one, even while the connection is gone: a client that
        comes back within seconds decodes what it decoded before.
        """
        if slots:
            self._decoders[who] = decodes(slots)
        else:
            self._decoders.pop(who, None)
        self.ask_again(who)

    def left(self, who: str) -> None:
        """Somebody is no longer in the room."""
        self._told.pop(who, None)
        self._stale |= self._decoders.pop(who, None) is not None

    def ask_again(self, who: str) -> None:
        """Somebody may have missed what they were told."""
        self._told.pop(who, None)
        self._stale = True

    def news(self, senders: Iterable[str]) -> list[tuple[str, list[str]]]:
        """The senders for whom the common codecs have changed.

        Returns pairs of sender and codecs that all others decode, in our order of preference.
        """
        if not self._stale:
            return []
        self._stale = False
        # Count once. Intersecting for each sender would cost the square of a large room each join.
        counts = Counter(name for names in self._decoders.values() for name in names)
        found = []
        for who in senders:
            own = self._decoders.get(who)
            others = len(self._decoders) - (own is not None)
            names = [
                name
                for name in SUPPORTED_VIDEO
                if counts[name] - (own is not None and name in own) == others
            ]
            if self._told.get(who) != names:
                self._told[who] = names
                found.append((who, names))
        return found
