import pytest

from sfu_worker.rtp.h264 import picture_size, starts_keyframe
from tests.sfu_worker.builders.streams import parameter_set


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("67 42e01f", True),  # SPS
        ("65 8888", True),  # IDR
        ("41 9a00", False),
        ("78 0002 6742 0002 68ce", True),  # STAP-A with SPS
        ("78 0002 0910 0002 6588", True),  # STAP-A with delimiter and IDR
        ("78 0002 4188", False),
        ("78 0000 6588", False),
        ("78 ffff 6588", False),
        ("7c 85 88", True),  # FU-A, first of an IDR
        ("7c 05 88", False),
        ("7c 45 88", False),
        ("7c 81 88", False),
    ],
)
def test_h264_packets(payload: str, expected: bool) -> None:
    data = bytes.fromhex(payload)
    assert starts_keyframe(data, 0, len(data)) is expected


@pytest.mark.parametrize("level", [31, 0])
@pytest.mark.parametrize("ident", [0, 127])
def test_h264_sizes_are_read_through_emulation_prevention(level: int, ident: int) -> None:
    # id, frame number, picture order, references, gaps, 120 x 68 macroblocks, frames only,
    # inference, cropped by 4 * 2 lines.
    data = parameter_set(
        level, ident, 0, 2, 1, (1, 0), 119, 67, (1, 1), (1, 1), (1, 1), 0, 0, 0, 4, (1, 0)
    )
    assert (b"\0\0\3" in data) == (level == 0 and ident == 127)
    assert picture_size(data, 0, len(data)) == (1920, 1080)


def test_h264_sizes_of_interlaced_pictures_count_both_fields() -> None:
    data = parameter_set(
        31, 0, 0, 2, 1, (1, 0), 119, 33, (1, 0), (1, 0), (1, 1), (1, 1), 0, 0, 0, 2, (1, 0)
    )
    assert picture_size(data, 0, len(data)) == (1920, 1080)
