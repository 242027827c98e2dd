"""What everybody else decodes, as senders hear it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.call.common_codecs import CommonCodecs, decodes
from sfu_worker.sdp.codecs import SUPPORTED_VIDEO, Codec

VP8 = Codec(96, "VP8", 90000)
VP9 = Codec(98, "VP9", 90000, fmtp={"profile-id": "0"})
VP9_10_BIT = Codec(100, "VP9", 90000, fmtp={"profile-id": "2"})
AV1 = Codec(45, "AV1", 90000, fmtp={"profile": "0", "level-idx": "5"})
H264 = Codec(102, "H264", 90000, fmtp={"packetization-mode": "1", "profile-level-id": "42e01f"})
H264_MAIN = Codec(
    104, "H264", 90000, fmtp={"packetization-mode": "1", "profile-level-id": "4d001f"}
)
H264_MODE_0 = Codec(
    106, "H264", 90000, fmtp={"packetization-mode": "0", "profile-level-id": "42e01f"}
)


def test_a_name_stands_for_what_browsers_send_under_it() -> None:
    assert decodes([[VP8, VP9, H264, AV1]]) == set(SUPPORTED_VIDEO)
    assert decodes([[VP8, VP9_10_BIT, H264_MODE_0]]) == {"VP8"}
    assert decodes([[H264_MAIN]]) == {"H264"}
    assert decodes([[VP8, VP9], [VP8]]) == {"VP8"}, "a picture may come in any slot"


def test_a_sender_hears_what_the_others_decode_not_what_it_decodes_itself() -> None:
    codecs = CommonCodecs()
    codecs.offered("ann", [[VP8]])
    codecs.offered("ben", [[VP8, VP9, AV1]])
    assert codecs.news(["ann", "ben"]) == [("ann", ["VP8", "VP9", "AV1"]), ("ben", ["VP8"])]


def test_only_news_is_told() -> None:
    codecs = CommonCodecs()
    codecs.offered("ann", [[VP8, VP9]])
    assert codecs.news(["ann"]) == [("ann", ["VP8", "H264", "VP9", "AV1"])], (
        "nobody else, so nobody minds"
    )
    assert codecs.news(["ann"]) == []
    codecs.offered("ben", [[VP8, VP9]])
    assert codecs.news(["ann"]) == [("ann", ["VP8", "VP9"])]
    codecs.offered("cleo", [[VP8, VP9, AV1]])
    assert codecs.news(["ann"]) == []
    codecs.left("ben")
    assert codecs.news(["ann"]) == [("ann", ["VP8", "VP9", "AV1"])]
    codecs.ask_again("ann")
    assert codecs.news(["ann"]) == [("ann", ["VP8", "VP9", "AV1"])]


def test_who_receives_nothing_has_no_say() -> None:
    codecs = CommonCodecs()
    codecs.offered("ann", [[VP8, VP9]])
    codecs.offered("stream", [])
    assert codecs.news(["ann"]) == [("ann", list(SUPPORTED_VIDEO))]
    codecs.offered("ben", [[VP8]])
    codecs.offered("ben", [])
    assert codecs.news(["ann"]) == [], "no slots any more"


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.lists(st.sampled_from([VP8, VP9, AV1, H264]), unique_by=lambda c: c.pt),
        min_size=1,
    )
)
def test_what_is_common_is_the_intersection_of_the_others(room: dict[str, list[Codec]]) -> None:
    codecs = CommonCodecs()
    for who, slot in room.items():
        codecs.offered(who, [slot])
    for who, names in codecs.news(room):
        assert set(names) == set(SUPPORTED_VIDEO).intersection(
            *({c.name for c in room[o]} for o in room if o != who)
        )
