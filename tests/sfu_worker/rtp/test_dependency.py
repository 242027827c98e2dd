"""Where frames belong by their dependency descriptors."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.rtp.bits import BitReader
from sfu_worker.rtp.dependency import ALL_TEMPORAL, NOWHERE, Dependencies, Place, parse_structure

# Chromium's for L1T3: a structure of five templates at the first packet of a key frame, with a
# resolution of 480x270.
KEY = bytes.fromhex("800002800214eaa860414d141020842701df010d")


class Bits:
    """Writes what BitReader reads."""

    def __init__(self) -> None:
        self.text = ""

    def put(self, count: int, value: int) -> Bits:
        self.text += f"{value:0{count}b}" if count else ""
        return self

    def put_non_symmetric(self, count: int, value: int) -> Bits:
        width = count.bit_length()
        short = (1 << width) - count
        return self.put(width - 1, value) if value < short else self.put(width, value + short)

    def bytes(self) -> bytes:
        text = self.text + "0" * (-len(self.text) % 8)
        return int(text or "0", 2).to_bytes(len(text) // 8, "big")


@st.composite
def structures(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]], list[list[int]], Bits]:
    """(offset, layers, indications, the structure in bits): any that the format can write."""
    offset, targets = draw(st.integers(0, 63)), draw(st.integers(1, 8))
    layers = [(0, 0)]
    bits = Bits().put(6, offset).put(5, targets - 1)
    for step in draw(st.lists(st.sampled_from((0, 1, 2)), max_size=12)):
        spatial, temporal = layers[-1]
        following = {0: (spatial, temporal), 1: (spatial, temporal + 1), 2: (spatial + 1, 0)}[step]
        if following[0] <= 3 and following[1] <= 7:
            layers.append(following)
            bits.put(2, step)
    bits.put(2, 3)
    indications = [[draw(st.integers(0, 3)) for _ in range(targets)] for _ in layers]
    for dti in (dti for row in indications for dti in row):
        bits.put(2, dti)
    for _ in layers:
        for diff in draw(st.lists(st.integers(0, 15), max_size=3)):
            bits.put(1, 1).put(4, diff)
        bits.put(1, 0)
    chains = draw(st.integers(0, targets))
    bits.put_non_symmetric(targets + 1, chains)
    if chains:
        for _ in range(targets):
            bits.put_non_symmetric(chains, draw(st.integers(0, chains - 1)))
        for _ in range(len(layers) * chains):
            bits.put(4, draw(st.integers(0, 15)))
    sizes = draw(st.booleans())
    bits.put(1, sizes)
    for _ in range(layers[-1][0] + 1 if sizes else 0):
        bits.put(32, draw(st.integers(0, 0xFFFFFFFF)))
    return offset, layers, indications, bits


@given(structures(), st.integers(0, 31))
def test_any_structure_is_read_to_its_last_bit(
    made: tuple[int, list[tuple[int, int]], list[list[int]], Bits], tail: int
) -> None:
    offset, layers, indications, bits = made
    reader = BitReader(bits.put(5, tail).bytes())
    found = parse_structure(reader)
    assert found.offset == offset
    assert list(found.layers) == layers
    assert [list(row) for row in found.indications] == indications
    assert reader.read(5) == tail


@given(structures(), st.integers(0, 63))
def test_a_frame_has_its_template_s_layer_where_there_is_one_picture_size(
    made: tuple[int, list[tuple[int, int]], list[list[int]], Bits], ident: int
) -> None:
    offset, layers, _, bits = made
    dependencies = Dependencies()
    structure = (
        bytes.fromhex("80 0001")
        + Bits().put(5, 0x10).put(len(bits.text), int(bits.text, 2)).bytes()
    )
    dependencies.read(structure, 0, len(structure))
    temporal, _, begins = dependencies.read(bytes((0x40 | ident, 0, 2)), 0, 3)
    index = (ident - offset) % 64
    known = index < len(layers) and not any(spatial for spatial, _ in layers)
    assert temporal == (layers[index][1] if known else -1)
    assert not begins


def place(dependencies: Dependencies, data: bytes) -> Place:
    return dependencies.read(data, 0, len(data))


def test_chromiums_frames_open_all_layers_where_the_base_is_whole() -> None:
    dependencies = Dependencies()
    assert place(dependencies, bytes.fromhex("c30003")) == (-1, -1, True)
    assert place(dependencies, KEY) == (0, ALL_TEMPORAL, True)
    assert place(dependencies, bytes.fromhex("400002")) == (0, ALL_TEMPORAL, False)
    assert place(dependencies, bytes.fromhex("c30003 1a2010")) == (2, -1, True)
    assert place(dependencies, bytes.fromhex("c20005 1a6020")) == (1, ALL_TEMPORAL, True)
    assert place(dependencies, bytes.fromhex("c00009 1ae040")) == (0, ALL_TEMPORAL, True)
    assert place(dependencies, bytes.fromhex("c50009")) == (-1, -1, True)


def test_indications_of_a_frame_s_own_replace_the_template_s() -> None:
    dependencies = Dependencies()
    place(dependencies, KEY)
    # Of the base, which is required by the targets of all three layers and opens the second of them
    # alone.
    custom = bytes.fromhex("c10003") + Bits().put(5, 0b00100).put(2, 3).put(2, 2).put(2, 3).bytes()
    assert place(dependencies, custom) == (0, 1, True)
    # The same behind a list of active targets.
    custom = (
        bytes.fromhex("c10003")
        + Bits().put(5, 0b01100).put(3, 7).put(2, 3).put(2, 3).put(2, 3).bytes()
    )
    assert place(dependencies, custom) == (0, -1, True)


def test_a_structure_that_cannot_be_read_ends_the_one_before() -> None:
    dependencies = Dependencies()
    place(dependencies, KEY)
    with pytest.raises(ValueError, match="cut off"):
        place(dependencies, KEY[:9])
    assert place(dependencies, bytes.fromhex("c20005")) == NOWHERE[0x80]


@pytest.mark.parametrize("layers", [[1] * 8, [2] * 4, [0] * 64])
def test_more_layers_than_there_can_be_are_a_value_error(layers: list[int]) -> None:
    bits = Bits().put(6, 0).put(5, 0)
    for step in layers:
        bits.put(2, step)
    with pytest.raises(ValueError, match="more layers"):
        parse_structure(BitReader(bits.put(600, 3).bytes()))


def test_descriptors_of_less_than_three_octets_are_a_value_error() -> None:
    for size in range(3):
        with pytest.raises(ValueError, match="cut off"):
            Dependencies().read(KEY, 0, size)


@given(
    st.lists(
        st.one_of(st.binary(max_size=255), st.binary(max_size=60).map(lambda tail: KEY[:5] + tail)),
        max_size=5,
    )
)
def test_any_bytes_are_read_or_refused(descriptors: list[bytes]) -> None:
    dependencies = Dependencies()
    for data in descriptors:
        with contextlib.suppress(ValueError):
            temporal, opened, _ = place(dependencies, data)
            assert -1 <= temporal <= ALL_TEMPORAL
            assert -1 <= opened <= ALL_TEMPORAL
