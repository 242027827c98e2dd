import pytest

from sfu_worker.sdp.codecs import Codec, codec_key, find_codec


def h264(profile: str | None, mode: str | None = "1", pt: int = 100) -> Codec:
    fmtp = {"profile-level-id": profile, "packetization-mode": mode}
    return Codec(pt, "H264", 90000, fmtp={k: v for k, v in fmtp.items() if v is not None})


@pytest.mark.parametrize(
    ("codec", "key"),
    [
        (Codec(111, "OPUS", 48000, 2), "opus"),
        (Codec(96, "vp8", 90000), "VP8"),
        (Codec(98, "VP9", 90000), "VP9/0"),
        (Codec(98, "VP9", 90000, fmtp={"profile-id": "2"}), "VP9/2"),
        (Codec(45, "AV1", 90000, fmtp={"level-idx": "5"}), "AV1/0"),
        (h264("42e01f"), "H264/1/42e0"),
        (h264("42C01E"), "H264/1/42e0"),
        (h264("4d801f"), "H264/1/42e0"),
        (h264("42001f", "0"), "H264/0/4200"),
        (h264(None, None), "H264/0/4200"),
        (h264("4d001f"), "H264/1/4d00"),
        (h264("640032"), "H264/1/6400"),
        (h264("640c1f"), "H264/1/640c"),
        (h264("f4001f"), "H264/1/f400"),
    ],
)
def test_codec_key_names_what_matters_for_decoding(codec: Codec, key: str) -> None:
    assert codec_key(codec) == key


def test_a_codec_is_found_by_its_key() -> None:
    codecs = [
        Codec(96, "VP8", 90000),
        Codec(98, "VP9", 90000),
        h264("42001f", pt=102),
        h264("42e01f", pt=108),
    ]
    assert find_codec(codecs, "VP9/0") is codecs[1]
    assert find_codec(codecs, "VP9/2") is None
    assert find_codec(codecs, "H264/1/42e0") is codecs[3]


def test_h264_falls_back_to_a_baseline_payload_type_of_the_same_mode() -> None:
    codecs = [h264("42e01f", "0", 104), h264("42e01f", "1", 108)]
    assert find_codec(codecs, "H264/1/6400") is codecs[1]
    assert find_codec(codecs, "H264/1/4200") is codecs[1]
    assert find_codec(codecs[:1], "H264/1/42e0") is None


def test_h264_baseline_may_go_out_as_main_or_high_and_mode_0_as_mode_1() -> None:
    assert find_codec([h264("640032")], "H264/1/42e0") is not None
    assert find_codec([h264("640032")], "H264/1/4d00") is None
    assert find_codec([h264("42e01f", "1")], "H264/0/42e0") is not None


def test_malformed_profiles_match_only_themselves() -> None:
    odd = h264("zz/zz")
    assert find_codec([odd], codec_key(odd)) is odd
