"""The offer of a light client, and what it takes from an answer."""

from __future__ import annotations

from dataclasses import dataclass

from sfu_worker.light_client.sending import Plan
from sfu_worker.sdp import AUDIO_LEVEL, MID, REPAIRED_RID, RID, TRANSPORT_CC

# The ids that Chromium chooses.
EXTENSIONS = {AUDIO_LEVEL: 1, TRANSPORT_CC: 3, MID: 4, RID: 10, REPAIRED_RID: 11}
OPUS = ("111 opus/48000/2", ("transport-cc",), "111 minptime=10;useinbandfec=1")
VP8 = ("96 VP8/90000", ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"), "")
AUDIO_SOURCES = ("microphone", "screen-audio")


@dataclass(frozen=True, slots=True)
class Lines:
    """An offer's text and the mids of its m-lines.

    ``mids`` by source that is sent, ``slots`` as (audio, video) pairs, ``voices`` the slots for
    voices.
    """

    sdp: str
    mids: dict[str, str]
    slots: list[tuple[str, str]]
    voices: list[str]


def build_offer(
    ufrag: str, pwd: str, fingerprint: str, plan: Plan, pairs: int, voices: int = 0
) -> Lines:
    """An offer that sends the plan's sources.

    It receives in ``pairs`` slots each for audio and video, and in ``voices`` slots for voices.
    """
    mids = {source: str(i) for i, source in enumerate(plan.sources)}
    slots = [(str(len(mids) + 2 * i), str(len(mids) + 2 * i + 1)) for i in range(pairs)]
    transport = [
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{pwd}",
        f"a=fingerprint:sha-256 {fingerprint}",
        "a=setup:actpass",
    ]
    places = [mid for pair in slots for mid in pair]
    heard = [str(len(mids) + len(places) + i) for i in range(voices)]
    bundle = " ".join([*mids.values(), *places, *heard])
    lines = [
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {bundle}",
        "a=extmap-allow-mixed",
    ]
    for source, mid in mids.items():
        kind = "audio" if source in AUDIO_SOURCES else "video"
        lines += [*_media(kind, mid, "sendonly"), *transport, f"a=msid:- {source}"]
        if source == "camera" and plan.rids:
            lines += _simulcast(plan.rids)
    for audio, video in slots:
        lines += [
            *_media("audio", audio, "recvonly"),
            *transport,
            *_media("video", video, "recvonly"),
            *transport,
        ]
    for mid in heard:
        lines += [*_media("audio", mid, "recvonly"), *transport]
    return Lines("\r\n".join(lines) + "\r\n", mids, slots, heard)


def _simulcast(rids: tuple[str, ...]) -> list[str]:
    return [*(f"a=rid:{rid} send" for rid in rids), "a=simulcast:send " + ";".join(rids)]


def _media(kind: str, mid: str, direction: str) -> list[str]:
    rtpmap, feedback, fmtp = OPUS if kind == "audio" else VP8
    number = rtpmap.split()[0]
    repair = [] if kind == "audio" else ["a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"]
    return [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}" + (" 97" if repair else ""),
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        *(
            f"a=extmap:{ident} {uri}"
            for uri, ident in EXTENSIONS.items()
            if uri != AUDIO_LEVEL or kind == "audio"
        ),
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=rtpmap:{rtpmap}",
        *(f"a=rtcp-fb:{number} {name}" for name in feedback),
        *([f"a=fmtp:{fmtp}"] if fmtp else []),
        *repair,
    ]


def pick_candidate(candidates: list[str], *, tcp: bool) -> tuple[str, int]:
    """(address, port) of the best candidate of a kind in an answer.

    Raises ConnectionError if there is none.
    """
    wanted = "tcp" if tcp else "udp"
    split = [line.split() for line in candidates]
    fitting = [words for words in split if len(words) >= 6 and words[2].lower() == wanted]
    if not fitting:
        raise ConnectionError(f"the answer has no {wanted} candidate")
    best = max(fitting, key=lambda words: int(words[3]))
    return best[4], int(best[5])
