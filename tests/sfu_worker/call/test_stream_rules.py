"""What WHIP and WHEP ask of offers: from a recorded one, changed line by line."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from sfu_worker import sdp, wire
from sfu_worker.call.stream_rules import check_whole, one_way, sources_of_stream

FFMPEG = (Path(__file__).parents[2] / "data" / "offer_ffmpeg_whip.sdp").read_text()


def negotiate(kind: wire.Kind, text: str) -> list[sdp.AnsweredMedia]:
    offer = one_way(kind, sdp.parse_offer(text))
    media = sdp.answer_media(offer, itertools.count(1000).__next__)
    check_whole(kind, offer, media)
    return media


@pytest.mark.parametrize(
    ("kind", "offered", "answered"),
    [
        ("whip", "sendonly", "recvonly"),
        ("whip", "sendrecv", "recvonly"),
        ("whip", "recvonly", "inactive"),
        ("whep", "recvonly", "sendonly"),
        ("whep", "sendrecv", "sendonly"),
        ("whep", "sendonly", "inactive"),
        ("call", "sendonly", "recvonly"),
        ("call", "recvonly", "sendonly"),
    ],
)
def test_media_goes_one_way(kind: wire.Kind, offered: str, answered: str) -> None:
    media = negotiate(kind, FFMPEG.replace("a=sendonly", f"a={offered}"))
    assert [m.direction for m in media] == [answered, answered]


def test_a_stream_has_one_track_of_each_kind() -> None:
    assert sources_of_stream(negotiate("whip", FFMPEG)) == {"0": "microphone", "1": "camera"}
    head, audio, video = FFMPEG.partition("m=audio")[0], *FFMPEG.split("m=")[1:]
    twice = (
        head.replace("BUNDLE 0 1", "BUNDLE 0 1 2")
        + "m="
        + audio
        + "m="
        + video
        + "m="
        + video.replace("a=mid:1", "a=mid:2")
    )
    with pytest.raises(sdp.SdpError, match="one video track"):
        sources_of_stream(negotiate("whip", twice))


def test_a_stream_that_we_could_forward_in_part_only_is_refused() -> None:
    text = FFMPEG.replace("H264/90000", "H265/90000")
    for kind in ("whip", "whep"):
        with pytest.raises(sdp.SdpError, match="codecs"):
            negotiate(kind, text)
    # A call goes on with what there is, and an m-line that the offer rejects itself is no loss.
    assert [m.rejected for m in negotiate("call", text)] == [False, True]
    assert [m.rejected for m in negotiate("whip", text.replace("m=video 9", "m=video 0"))] == [
        False,
        True,
    ]


def test_the_layers_of_obs_are_answered_in_its_order_without_what_it_does_not_know() -> None:
    """As libdatachannel writes it.

    The rids come from the largest down, mid and rid are the only extensions, there is no RTX, and
    one SSRC is named.
    """
    head, audio, _ = FFMPEG.split("m=")
    lines = [
        "video 9 UDP/TLS/RTP/SAVPF 96",
        "c=IN IP4 0.0.0.0",
        "a=mid:1",
        "a=sendonly",
        "a=rtcp-mux",
        "a=setup:actpass",
    ]
    lines += [
        f"a=extmap:1 {sdp.MID}",
        f"a=extmap:2 {sdp.RID}",
        "a=rtpmap:96 H264/90000",
        "a=rtcp-fb:96 nack",
    ]
    lines += ["a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1"]
    lines += [
        "a=rid:0 send",
        "a=rid:1 send",
        "a=rid:2 send",
        "a=simulcast:send 0;1;2",
        "a=ssrc:77 cname:obs",
    ]
    text = (
        head
        + "m="
        + audio.replace("a=setup:passive", "a=setup:actpass")
        + "m="
        + "\r\n".join(lines)
        + "\r\n"
    )
    video = negotiate("whip", text)[1]
    assert (video.direction, video.rids, video.simulcast) == (
        "recvonly",
        ["0", "1", "2"],
        ["0", "1", "2"],
    )
    assert video.extensions == {sdp.MID: 1, sdp.RID: 2}
    assert [(codec.name, codec.rtx_pt, codec.feedback) for codec in video.codecs] == [
        ("H264", None, ("nack",))
    ]
