"""Answering offers: what is accepted, and how it is written down."""

from __future__ import annotations

import pytest

from sfu_worker import sdp
from tests.sfu_worker.builders.descriptions import (
    CHROMIUM,
    answered,
    recorded,
    small_offer,
    written,
)


def test_firefox_offer_is_read_and_answered() -> None:
    offer = sdp.parse_offer(recorded("offer_firefox.sdp"))
    answer = sdp.parse_answer(written(offer))
    assert [m.mid for m in answer.media] == [m.mid for m in offer.media]
    assert offer.media[1].simulcast == answer.media[1].simulcast == ["q", "h", "f"]
    assert answer.media[1].codecs[0].name == "VP8"


def test_answer_accepts_what_is_sent_and_fills_the_slots() -> None:
    offer = sdp.parse_offer(CHROMIUM)
    media = answered(offer)
    assert [m.direction for m in media] == ["recvonly"] * 4 + ["sendonly"] * 12
    assert [m.stream_id for m in media[4:8]] == ["slot1", "slot1", "slot2", "slot2"]
    assert media[4].rtx_ssrc is None
    assert media[5].rtx_ssrc is not None
    ssrcs = [s for m in media for s in (m.ssrc, m.rtx_ssrc) if s is not None]
    assert len(ssrcs) == len(set(ssrcs)) == 18
    assert media[1].rids == ["q", "h", "f"]
    assert [(c.pt, c.name) for c in media[0].codecs] == [(111, "opus"), (63, "red")]
    assert media[1].codecs[0].name == "VP8"
    assert {c.name for c in media[1].codecs} == {"VP8", "H264", "VP9", "AV1"}
    assert {c.pt for c in media[1].codecs} <= {c.pt for c in offer.media[1].codecs}
    assert set(media[5].extensions) == {sdp.TRANSPORT_CC}
    assert media[5].codecs[0].feedback == ("transport-cc", "nack", "nack pli", "ccm fir")


def test_an_answer_caps_nobodys_bitrate() -> None:
    """``b=`` (RFC 8866 section 5.8) and libwebrtc's x-google-max-bitrate limit what the other side
    sends.
    """
    offer = sdp.parse_offer(CHROMIUM.replace("a=mid:1", "b=AS:500\r\na=mid:1"))
    text = written(offer)
    assert "b=" not in [line[:2] for line in text.splitlines()]
    assert "x-google" not in text


def streams_of(*kinds: str) -> list[str]:
    """The stream ids that an offer of such receiving m-lines is answered with."""
    media = []
    for mid, kind in enumerate(kinds, 1):
        codec = ("111", "111 opus/48000/2") if kind == "audio" else ("96", "96 VP8/90000")
        media += [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {codec[0]}",
            f"a=mid:{mid}",
            "a=recvonly",
            "a=rtcp-mux",
            f"a=rtpmap:{codec[1]}",
        ]
    mids = " ".join(map(str, range(len(kinds) + 1)))
    offer = sdp.parse_offer(small_offer(*media, session=(f"a=group:BUNDLE {mids}",)))
    return [m.stream_id for m in answered(offer)[1:]]


def test_sound_and_the_picture_behind_it_are_one_stream_wherever_slots_for_voices_are() -> None:
    first = streams_of("audio", "video", "audio", "audio", "audio")
    assert first == ["slot1", "slot1", "slot2", "slot3", "slot4"]
    grown = streams_of("audio", "video", "audio", "audio", "audio", "audio", "video")
    assert grown == [*first, "slot5", "slot5"]


def test_a_player_may_offer_its_picture_first() -> None:
    assert streams_of("video", "audio") == ["slot1", "slot1"]
    assert streams_of("video", "video", "audio", "audio") == ["slot1", "slot2", "slot1", "slot2"]


def test_written_answer_reads_back_the_same() -> None:
    offer = sdp.parse_offer(CHROMIUM)
    text = written(offer)
    answer = sdp.parse_answer(text)
    assert answer.ice_lite
    assert answer.bundle == offer.bundle
    assert answer.setup == "passive"
    assert len(answer.candidates) == 2
    assert text.count("a=end-of-candidates") == 1
    assert "a=simulcast:recv q;h;f" in text
    for wanted, got in zip(answered(offer), answer.media, strict=True):
        assert (got.mid, got.kind, got.direction, got.rids) == (
            wanted.mid,
            wanted.kind,
            wanted.direction,
            wanted.rids,
        )
        assert (got.codecs, got.extensions) == (wanted.codecs, wanted.extensions)
        assert got.ssrcs == ([] if wanted.ssrc is None else [wanted.ssrc])
        assert got.rtx == ({} if wanted.rtx_ssrc is None else {wanted.ssrc: wanted.rtx_ssrc})
        assert got.cname == wanted.cname


def test_data_channel_and_unknown_codecs_are_rejected_with_port_zero() -> None:
    text = small_offer(
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "a=mid:1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 0",
        "a=mid:2",
        "a=rtcp-mux",
        "a=rtpmap:0 PCMU/8000",
        session=("a=group:BUNDLE 1 0 2",),
    )
    offer = sdp.parse_offer(text)
    assert [m.rejected for m in answered(offer)] == [False, True, True]
    answer = written(offer)
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in answer
    assert "a=group:BUNDLE 0\r\n" in answer
    assert answer.index("a=candidate:") < answer.index("m=application")


def test_rejected_and_bundle_only_lines_are_told_apart() -> None:
    more = ("a=mid:1", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2")
    line = "m=audio 0 UDP/TLS/RTP/SAVPF 111"
    assert sdp.parse_offer(small_offer(line, *more)).media[1].rejected
    bundled = small_offer(line, *more, "a=bundle-only", session=("a=group:BUNDLE 0 1",))
    assert not sdp.parse_offer(bundled).media[1].rejected


def test_round_trips_are_measured_where_the_offer_says_so() -> None:
    assert answered(sdp.parse_offer(small_offer("a=rtcp-fb:111 rrtr")))[0].codecs[0].feedback == (
        "rrtr",
    )


def test_remb_is_kept_only_where_transport_cc_is_absent() -> None:
    with_both = small_offer(
        "a=rtcp-fb:111 goog-remb", "a=rtcp-fb:111 transport-cc", f"a=extmap:3 {sdp.TRANSPORT_CC}"
    )
    assert answered(sdp.parse_offer(with_both))[0].codecs[0].feedback == ("transport-cc",)
    with_remb = small_offer("a=rtcp-fb:* goog-remb", "a=rtcp-fb:111 transport-cc")
    assert answered(sdp.parse_offer(with_remb))[0].codecs[0].feedback == ("goog-remb",)


def test_opus_gets_fec_and_keeps_offered_stereo_without_forcing_it() -> None:
    plain = answered(sdp.parse_offer(small_offer("a=fmtp:111 minptime=20")))[0].codecs[0]
    assert plain.fmtp == {"minptime": "20", "useinbandfec": "1"}
    stereo = answered(sdp.parse_offer(small_offer("a=fmtp:111 stereo=1;useinbandfec=0")))[0].codecs[
        0
    ]
    assert stereo.fmtp == {"minptime": "10", "stereo": "1", "useinbandfec": "1"}


RED = ("a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111")


@pytest.mark.parametrize("formats", ["111 63", "63 111"])
def test_opus_and_red_are_answered_in_the_order_of_the_offer(formats: str) -> None:
    text = written(
        sdp.parse_offer(small_offer(*RED, media=f"m=audio 9 UDP/TLS/RTP/SAVPF {formats}"))
    )
    assert f"m=audio 9 UDP/TLS/RTP/SAVPF {formats}\r\n" in text
    assert "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" in text


@pytest.mark.parametrize(
    "fmtp",
    ["", "a=fmtp:63 0/0", "a=fmtp:63 111/0", "a=fmtp:63 63/63", "a=fmtp:63 x", "a=fmtp:63 111"],
)
def test_red_is_answered_only_where_it_carries_opus_alone(fmtp: str) -> None:
    text = small_offer(
        "a=rtpmap:63 red/48000/2",
        *[fmtp] * bool(fmtp),
        media="m=audio 9 UDP/TLS/RTP/SAVPF 63 111 0",
    )
    assert [c.name for c in answered(sdp.parse_offer(text))[0].codecs] == (
        ["red", "opus"] if fmtp.endswith(" 111") else ["opus"]
    )


def test_red_without_opus_is_nothing_to_talk_about() -> None:
    offer = sdp.parse_offer(small_offer(*RED, media="m=audio 9 UDP/TLS/RTP/SAVPF 63"))
    assert answered(offer)[0].rejected


def test_inactive_stays_inactive() -> None:
    offer = sdp.parse_offer(small_offer("a=inactive"))
    assert answered(offer)[0].direction == "inactive"
    assert "a=inactive" in written(offer)


def test_an_offer_with_12_pairs_that_names_every_codec_of_chromium_fits() -> None:
    slots = CHROMIUM[CHROMIUM.index("m=audio", CHROMIUM.index("a=mid:3")) :]
    assert slots.count("m=") == 12
    pairs = [slots] * 2
    for i, text in enumerate(pairs):
        for mid in range(4, 16):
            text = text.replace(f"a=mid:{mid}\r\n", f"a=mid:s{i}x{mid}\r\n")
        pairs[i] = text
    mids = [str(mid) for mid in range(4)] + [
        f"s{i}x{mid}" for i in range(2) for mid in range(4, 16)
    ]
    head = CHROMIUM[: CHROMIUM.index(slots)]
    head = head.replace(
        "a=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "a=group:BUNDLE " + " ".join(mids)
    )
    offer = sdp.parse_offer(head + "".join(pairs))
    assert len([m for m in answered(offer) if m.direction == "sendonly"]) == 24
