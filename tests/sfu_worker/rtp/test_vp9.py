"""VP9's payload descriptor: read, and moved when the source of an output changes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.rtp.vp9 import descriptor, picture_size, starts_keyframe
from sfu_worker.sdp.codecs import Codec
from tests.sfu_worker.builders.streams import Source, Wire, parse, video_output, video_track

VP9 = Codec(98, "VP9", 90000, 1, {"profile-id": "0"}, ("nack",), 99)
Layer = tuple[int, bool, int]
# The first byte of a frame: marker, profile 0, and whether it is inter-coded; then the sync code of
# a key frame.
KEY_FRAME, DELTA_FRAME = b"\x82\x49\x83\x42" + bytes(8), b"\x86" + bytes(11)


def head(
    *,
    key: bool,
    begins: bool = True,
    picture: int | None,
    wide: bool = True,
    layer: Layer | None,
    tl0: int | None,
) -> bytes:
    """RFC 9628 section 4.2; ``layer`` is (temporal, switching up point, spatial); without ``tl0``
    the mode is flexible.
    """
    first = (
        (picture is not None) << 7
        | (not key) << 6
        | (layer is not None) << 5
        | (tl0 is None) << 4
        | begins << 3
    )
    data = bytes((first,))
    if picture is not None:
        data += struct.pack("!H", 0x8000 | picture) if wide else bytes((picture & 0x7F,))
    if layer is not None:
        temporal, up, spatial = layer
        data += bytes((temporal << 5 | up << 4 | spatial << 1,))
        if tl0 is not None:
            data += bytes((tl0,))
    if tl0 is None and not key:
        data += b"\x08"  # refers to the fourth picture before
    return data


@given(
    key=st.booleans(),
    begins=st.booleans(),
    picture=st.none() | st.integers(0, 0x7FFF),
    wide=st.booleans(),
    layer=st.none() | st.tuples(st.integers(0, 7), st.booleans(), st.integers(0, 7)),
    tl0=st.none() | st.integers(0, 255),
    before=st.binary(max_size=3),
)
def test_what_a_descriptor_says_is_read(
    key: bool,
    begins: bool,
    picture: int | None,
    wide: bool,
    layer: Layer | None,
    tl0: int | None,
    before: bytes,
) -> None:
    data = (
        before
        + head(key=key, begins=begins, picture=picture, wide=wide, layer=layer, tl0=tl0)
        + b"x"
    )
    found = descriptor(data, len(before), len(data))
    assert found is not None
    at, read, bits, tl0_at, read_tl0, temporal, up, begins_picture, is_key = found
    if picture is None:
        assert at == 0
    else:
        assert at == len(before) + 1
        assert (read, bits) == ((picture, 15) if wide else (picture & 0x7F, 7))
    assert (temporal, up) == (layer[:2] if layer else (-1, False))
    assert (read_tl0 if tl0_at else None) == (tl0 if layer else None)
    assert not tl0_at or data[tl0_at] == tl0
    assert begins_picture == (begins and (layer is None or layer[2] == 0))
    assert is_key == (begins_picture and key)


@given(st.binary(max_size=12), st.integers(0, 14), st.integers(0, 14))
def test_any_bytes_are_read_or_refused(data: bytes, start: int, end: int) -> None:
    found = descriptor(data, start, end)
    if found is not None:
        assert max(found[0] + (found[2] == 15), found[3]) < end <= len(data)


@pytest.mark.parametrize("wide", [True, False])
def test_ids_go_on_when_the_source_changes_and_in_what_is_sent_again(wide: bool) -> None:
    wire = Wire()
    output = video_output(wire, [VP9])
    for name, seq, picture, tl0 in (("a", 100, 70, 250), ("b", 9000, 3, 40)):
        source = Source(video_track(name), ord(name), codec=VP9, seq=seq)
        output.aim(source.layer, 1.0)
        for i in range(10):
            start = head(
                key=i == 0, picture=picture + i, wide=wide, layer=(0, True, 0), tl0=(tl0 + i) & 0xFF
            )
            source.send(1.0 + i / 30, payload=start + (DELTA_FRAME if i else KEY_FRAME))
    sent = [parse(data) for data in wire.sent]
    found = [descriptor(s.payload, 0, len(s.payload)) for s in sent]
    assert len(found) == 20
    ids = [(f[1], f[4]) for f in found if f is not None]
    mask = 0x7FFF if wide else 0x7F
    assert ids == [((ids[0][0] + i) & mask, (ids[0][1] + i) & 0xFF) for i in range(20)]
    for original in sent[10:]:
        output.retransmit([original.seq], 2.0, 0.1, 10_000)
        assert parse(wire.sent[-1]).payload == struct.pack("!H", original.seq) + original.payload


def test_the_pictures_of_several_spatial_layers_are_dropped_whole() -> None:
    wire = Wire()
    output = video_output(wire, [VP9])
    output.thin(0)
    source = Source(video_track(), 1, codec=VP9)
    output.aim(source.layer, 1.0)
    for i in range(40):
        temporal = (0, 2, 1, 2)[i % 4]
        for spatial in (0, 1):
            # Upper layers of a key picture refer to the lower one, which is no earlier picture.
            start = head(key=i == 0, picture=i, layer=(temporal, True, spatial), tl0=None)
            source.send(1.0 + i / 30, payload=start + (DELTA_FRAME if i or spatial else KEY_FRAME))
    found = [descriptor(parse(data).payload, 0, 12) for data in wire.sent]
    assert len(found) == 20
    assert {f[5] for f in found if f is not None} == {0}


def test_layers_come_back_behind_a_switching_up_point_alone() -> None:
    wire = Wire()
    output = video_output(wire, [VP9])
    output.thin(0)
    source = Source(video_track(), 1, codec=VP9)
    output.aim(source.layer, 1.0)
    forwarded = []
    for i in range(24):
        if i == 8:
            output.thin(7)
        # Only the base picture 16 is one; pictures of the upper layers say that they are, but are
        # not to be had yet.
        temporal = (0, 2, 1, 2)[i % 4]
        count = len(wire.sent)
        start = head(key=i == 0, picture=i, layer=(temporal, temporal > 0 or i == 16, 0), tl0=None)
        source.send(1.0 + i / 30, payload=start + (DELTA_FRAME if i else KEY_FRAME))
        if len(wire.sent) > count:
            forwarded.append(i)
    assert forwarded == [0, 4, 8, 12, 16, *range(17, 24)]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("08 82498342", True),
        ("88 05 82498342", True),  # 7-bit picture id
        ("88 8123 82498342", True),  # 15-bit picture id
        ("c8 05 82498342", False),  # inter-predicted
        ("80 05 82498342", False),  # not the beginning of a frame
        ("a8 05 00 01 82498342", True),  # layer indices, TL0PICIDX
        ("a8 05 02 01 82498342", False),  # spatial layer 1
        ("08 86498342", False),  # the frame's own header says inter
        ("08", False),
    ],
)
def test_vp9_packets(payload: str, expected: bool) -> None:
    data = bytes.fromhex(payload)
    assert starts_keyframe(data, 0, len(data)) is expected


def test_vp9_scalability_structure_tells_the_largest_layer() -> None:
    structure = (
        "38 0140 00b4 0280 0168 01 04 01"  # two layers with sizes, one picture with one reference
    )
    data = bytes.fromhex("ba 8123 00" + structure + "82498342 00")
    assert starts_keyframe(data, 0, len(data))
    assert picture_size(data, 0, len(data)) == (640, 360)
