import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.rtp.header import (
    PLAIN,
    PLAIN_SIZE,
    WITH_TWCC,
    WITH_TWCC_SIZE,
    Extensions,
    one_byte_extension,
    read_extensions,
    twcc_extension,
)

IDS = (4, 10, 11, 3, 1, 2)
NOTHING: Extensions = (-1, -1, None, None, None, 0, 0)


def one_byte(*elements: tuple[int, bytes], tail: bytes = b"") -> memoryview:
    body = (
        b"".join(bytes([ident << 4 | len(value) - 1]) + value for ident, value in elements) + tail
    )
    body += bytes(-len(body) % 4)
    return memoryview(b"\xbe\xde" + (len(body) // 4).to_bytes(2, "big") + body)


def two_byte(*elements: tuple[int, bytes]) -> memoryview:
    body = b"".join(bytes([ident, len(value)]) + value for ident, value in elements)
    body += bytes(-len(body) % 4)
    return memoryview(b"\x10\x05" + (len(body) // 4).to_bytes(2, "big") + body)


ELEMENTS = ((4, b"0"), (1, b"\x9e"), (3, b"\x12\x34"), (10, b"hi"), (11, b"lo"), (2, b"abc"))


@pytest.mark.parametrize("form", [one_byte, two_byte])
def test_all_that_is_known_is_read(form: type) -> None:
    view = form(*ELEMENTS)
    found = read_extensions(view, 0, len(view), IDS)
    assert found[:5] == (0x1234, 30, b"0", b"hi", b"lo")
    assert view[found[5] : found[6]] == b"abc"


def test_padding_between_elements_is_skipped() -> None:
    view = memoryview(bytes.fromhex("bede000200 10 05 00 31 00 07 00"))
    assert read_extensions(view, 0, len(view), IDS) == (7, 5, None, None, None, 0, 0)


def test_the_reserved_id_15_ends_the_list() -> None:
    view = one_byte((1, b"\x05"), tail=b"\xf0\x00\x31\x00\x07\x00")
    assert read_extensions(view, 0, len(view), IDS) == (-1, 5, None, None, None, 0, 0)


@pytest.mark.parametrize("form", [one_byte, two_byte])
def test_what_was_not_negotiated_is_not_read(form: type) -> None:
    view = form(*ELEMENTS)
    assert read_extensions(view, 0, len(view), (0, 0, 0, 0, 0, 0)) == NOTHING


def test_other_profiles_hold_nothing_for_us() -> None:
    assert read_extensions(memoryview(b"\x12\x34\x00\x01\x30\x00\x07\x00"), 0, 8, IDS) == NOTHING


@pytest.mark.parametrize(
    "data",
    [
        "",
        "bede00",
        "bede0001 3f000000",
        "bede0001 00000030",
        "10000001 03",
        "10000001 03 ff 00 00",
        "10000001 03 01 00 00",
        "10000001 01 00 00 00",
    ],
)
def test_elements_that_are_cut_off_are_a_value_error(data: str) -> None:
    view = memoryview(bytes.fromhex(data))
    with pytest.raises(ValueError, match="RTP"):
        read_extensions(view, 0, len(view), IDS)


def test_a_transport_wide_number_of_one_byte_is_a_value_error() -> None:
    view = one_byte((3, b"\x01"))
    with pytest.raises(ValueError, match="too short"):
        read_extensions(view, 0, len(view), IDS)


@given(
    st.sampled_from([b"\xbe\xde\0\0", b"\x10\0\0\0", b""]),
    st.binary(max_size=80),
    st.integers(0, 8),
    st.integers(0, 90),
)
def test_any_bytes_are_read_or_refused(head: bytes, body: bytes, start: int, end: int) -> None:
    with contextlib.suppress(ValueError):
        found = read_extensions(memoryview(head + body), start, end, IDS)
        assert 0 <= found[5] <= found[6] <= end


def test_the_transport_wide_number_is_written_as_it_is_read() -> None:
    out = memoryview(bytearray(b"\xff" * WITH_TWCC_SIZE))
    WITH_TWCC.pack_into(out, 0, 0x90, 96, 7, 8, 9, twcc_extension(3), 0xABCD)
    assert PLAIN.unpack_from(out) == (0x90, 96, 7, 8, 9)
    found = read_extensions(out, PLAIN_SIZE, WITH_TWCC_SIZE, (1, 2, 4, 3, 5, 6))
    assert found == (0xABCD, -1, None, None, None, 0, 0)
    assert out[-1] == 0  # padding
    assert twcc_extension(0) == b""


def test_an_extension_of_several_elements_is_padded_to_words() -> None:
    data = memoryview(one_byte_extension([(1, b"video"), (3, b"\1\2")]))
    assert len(data) % 4 == 0
    assert read_extensions(data, 0, len(data), (1, 0, 0, 3, 0, 0))[:3] == (0x0102, -1, b"video")
