"""The dependency descriptor header extension: the temporal layer of a packet's frame.

AV1 RTP payload format 1.0, appendix A.

Any codec may use it. A key frame brings a structure of templates. Later frames name a template in
their first byte, so that most packets need only a table look-up. For a stream with several spatial
layers nothing is reported: such a stream is forwarded whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from sfu_worker.rtp.bits import BitReader
from sfu_worker.rtp.vp8 import Buffer

# (temporal layer or -1, highest temporal layer that may be forwarded from this frame on or -1,
# begins a frame).
# The second applies to a receiver that has this frame, and all earlier frames of its layer and of
# those below.
Place = tuple[int, int, bool]

# The highest temporal layer that any codec can have. With it, nothing is dropped.
ALL_TEMPORAL = 7

MAX_TEMPORAL, MAX_SPATIAL, MAX_TEMPLATES = ALL_TEMPORAL, 3, 64

# Octets of the mandatory fields: start and end of frame, template, frame number.
_MANDATORY = 3
_STRUCTURE, _ACTIVE, _CUSTOM_DTIS = 0x80, 0x40, 0x20
# Decode target indication (table A.1): once a receiver has decoded this frame, it can decode all
# later ones of the target.
_SWITCH = 2
_SAME, _NEXT_TEMPORAL, _NEXT_SPATIAL, _NO_MORE = range(4)

# What is known of a frame without a structure, by the descriptor's first byte.
NOWHERE: tuple[Place, ...] = tuple((-1, -1, first & 0x80 != 0) for first in range(256))


@dataclass(frozen=True, slots=True)
class Structure:
    """The templates of a coded video sequence.

    ``layers`` has (spatial, temporal) for each template. ``indications`` says what each template is
    to each decode target. ``targets`` has the temporal layer of each decode target.
    """

    offset: int
    layers: tuple[tuple[int, int], ...]
    indications: tuple[tuple[int, ...], ...]
    targets: tuple[int, ...]

    def switch_up(self, indications: tuple[int, ...]) -> int:
        """The highest temporal layer that can begin at a frame of these indications, or -1."""
        opened = max(
            (t for t, dti in zip(self.targets, indications, strict=True) if dti == _SWITCH),
            default=-1,
        )
        return ALL_TEMPORAL if opened == max(self.targets) else opened

    def places(self) -> tuple[Place, ...]:
        """The place of a frame, by the first byte of its descriptor."""
        if any(spatial for spatial, _ in self.layers):
            return NOWHERE
        places = list(NOWHERE)
        for i, ((_, temporal), indications) in enumerate(
            zip(self.layers, self.indications, strict=True)
        ):
            ident, opened = (self.offset + i) % MAX_TEMPLATES, self.switch_up(indications)
            for ends in (0, 0x40, 0x80, 0xC0):
                places[ends | ident] = (temporal, opened, ends & 0x80 != 0)
        return tuple(places)


class Dependencies:
    """The descriptors of one stream, in order of arrival."""

    __slots__ = ("_places", "structure")

    def __init__(self) -> None:
        self.structure: Structure | None = None
        self._places = NOWHERE

    def read(self, buf: Buffer, start: int, end: int) -> Place:
        """The place of the frame with the descriptor ``buf[start:end]``.

        Raises ValueError if it is cut off or invalid. An unreadable structure also ends the
        previous one.
        """
        if end - start > _MANDATORY:
            if buf[start + _MANDATORY] & (_STRUCTURE | _CUSTOM_DTIS):
                return self._read_extended(bytes(buf[start:end]))
        elif end - start < _MANDATORY:
            raise ValueError("dependency descriptor: cut off")
        return self._places[buf[start]]

    def _read_extended(self, data: bytes) -> Place:
        bits, flags = BitReader(data[_MANDATORY:]), data[_MANDATORY]
        bits.read(5)
        if flags & _STRUCTURE:
            self.structure, self._places = None, NOWHERE
            self.structure = parse_structure(bits)
            self._places = self.structure.places()
        place = self._places[data[0]]
        if not flags & _CUSTOM_DTIS or self.structure is None or place[0] < 0:
            return place
        if flags & _ACTIVE:
            bits.read(len(self.structure.targets))
        indications = tuple(bits.read(2) for _ in self.structure.targets)
        return place[0], self.structure.switch_up(indications), place[2]


def parse_structure(bits: BitReader) -> Structure:
    """Read ``template_dependency_structure`` (A.8.2) to its end. Raises ValueError."""
    offset = bits.read(6)
    target_count = bits.read(5) + 1
    layers = _template_layers(bits)
    indications = tuple(tuple(bits.read(2) for _ in range(target_count)) for _ in layers)
    for _ in layers:
        while bits.read(1):
            bits.read(4)  # a frame difference
    chains = _non_symmetric(bits, target_count + 1)
    if chains:
        for _ in range(target_count):
            _non_symmetric(bits, chains)  # the chain that protects the target
        for _ in layers:
            bits.read(4 * chains)
    if bits.read(1):
        for _ in range(max(spatial for spatial, _ in layers) + 1):
            bits.read(32)  # width and height
    return Structure(offset, layers, indications, _target_layers(layers, indications))


def _template_layers(bits: BitReader) -> tuple[tuple[int, int], ...]:
    layers, spatial, temporal = [(0, 0)], 0, 0
    while (following := bits.read(2)) != _NO_MORE:
        if following == _NEXT_TEMPORAL:
            temporal += 1
        elif following == _NEXT_SPATIAL:
            spatial, temporal = spatial + 1, 0
        layers.append((spatial, temporal))
        if temporal > MAX_TEMPORAL or spatial > MAX_SPATIAL or len(layers) > MAX_TEMPLATES:
            raise ValueError("dependency descriptor: more layers or templates than there can be")
    return tuple(layers)


def _target_layers(
    layers: tuple[tuple[int, int], ...], indications: tuple[tuple[int, ...], ...]
) -> tuple[int, ...]:
    """The temporal layer of each decode target: the highest one present in it."""
    present = [
        [layer[1] for layer, dtis in zip(layers, indications, strict=True) if dtis[i]]
        for i in range(len(indications[0]))
    ]
    return tuple(max(temporals, default=0) for temporals in present)


def _non_symmetric(bits: BitReader, count: int) -> int:
    """A number below ``count``, ns(n).

    Lower numbers take one bit less unless ``count`` is a power of two.
    """
    width = count.bit_length()
    short = (1 << width) - count
    value = bits.read(width - 1)
    return value if value < short else (value << 1) - short + bits.read(1)
