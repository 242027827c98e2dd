"""Which codecs the worker forwards, and when two payload types mean the same codec."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

# Forwarded audio codecs. RED is Opus too (RFC 2198); the worker opens it
# and makes it anew for each receiver. Answers leave out CN, telephone-event and G.7xx, which not
# every receiver could play.
SUPPORTED_AUDIO = ("opus", "red")

# Forwarded video codecs in the order we prefer: every browser decodes VP8, and simulcasts it.
SUPPORTED_VIDEO = ("VP8", "H264", "VP9", "AV1")


@dataclass(frozen=True, slots=True)
class Codec:
    """One codec of an m-line.

    ``clock`` is in Hz; ``rtx_pt`` is the payload type of its retransmissions (RFC 4588), or None.
    """

    pt: int
    name: str
    clock: int
    channels: int = 1
    fmtp: dict[str, str] = field(default_factory=dict)
    feedback: tuple[str, ...] = ()
    rtx_pt: int | None = None


# (profile_idc, mask of the constraint bits that count, their value) -> the profile's usual first
# four digits. RFC 6184, 8.1, table 5; the rows of the Extended profile are left out,
# except those that mean baseline.
_H264_PROFILES = (
    (0x42, 0x4F, 0x40, "42e0"),  # constrained baseline
    (0x4D, 0x8F, 0x80, "42e0"),
    (0x58, 0xCF, 0xC0, "42e0"),
    (0x42, 0x4F, 0x00, "4200"),  # baseline
    (0x58, 0xCF, 0x80, "4200"),
    (0x4D, 0xAF, 0x00, "4d00"),  # main
    (0x64, 0xFF, 0x00, "6400"),  # high
    (0x64, 0xFF, 0x0C, "640c"),  # constrained high
)
_H264_BASELINE = ("42e0", "4200")
_H264_DEFAULT = "42000a"  # RFC 6184, 8.1: without profile-level-id it is baseline, level 1


def supported(kind: str) -> tuple[str, ...]:
    """The names of the codecs forwarded for ``audio`` or ``video``; nothing for any other kind."""
    return {"audio": SUPPORTED_AUDIO, "video": SUPPORTED_VIDEO}.get(kind, ())


def is_supported(kind: str, codec: Codec) -> bool:
    """Whether a codec of an m-line of ``kind`` is one that the worker forwards."""
    return codec.name.lower() in (name.lower() for name in supported(kind))


def preference(kind: str, codec: Codec) -> tuple[int, int]:
    """A sort key: the codec that we would rather receive comes first.

    Opus and RED stay in the offer's order, which is the sender's choice: libwebrtc sends RED where
    the answer has it first.
    """
    if kind == "audio":
        return 0, 0
    names = [name.lower() for name in supported(kind)]
    # A mode 0 H264 packet holds one whole NAL unit, so the encoder must cut slices to the MTU: take
    # mode 1 where offered.
    mode = 0 if codec.fmtp.get("packetization-mode", "0") == "1" else 1
    return names.index(codec.name.lower()), mode


def codec_key(codec: Codec) -> str:
    """The key that matches a sender's codec with a receiver's payload type.

    For example ``VP9/0``, ``H264/1/42e0`` or ``opus``.
    """
    name = codec.name.lower()
    if name == "h264":
        return f"H264/{codec.fmtp.get('packetization-mode', '0')}/{_h264_profile(codec)}"
    if name == "vp9":
        return f"VP9/{codec.fmtp.get('profile-id', '0')}"
    if name == "av1":
        return f"AV1/{codec.fmtp.get('profile', '0')}"
    return {"vp8": "VP8", "opus": "opus"}.get(name, codec.name)


def red_types(codecs: Iterable[Codec]) -> dict[int, int]:
    """Payload type of RED -> that of the Opus in it.

    The format parameters have it for each block: ``111/111`` (RFC 2198, 5).
    """
    codecs = list(codecs)
    carried = {str(codec.pt): codec for codec in codecs if codec.name.lower() == "opus"}
    found = {}
    for codec in codecs:
        if codec.name.lower() == "red":
            named = set(next(iter(codec.fmtp), "").split("/"))
            opus = carried.get(named.pop()) if len(named) == 1 else None
            if opus is not None and (opus.clock, opus.channels) == (codec.clock, codec.channels):
                found[codec.pt] = opus.pt
    return found


def find_codec(codecs: Iterable[Codec], key: str) -> Codec | None:
    """The receiver's codec, of ``codecs``, that can carry a stream of this ``codec_key``, or None.

    H264 is matched exactly first. Failing that, a constrained baseline or baseline payload type of
    the same packetization mode is taken. Profile and level bound what an *encoder* may do; the
    decoders in use accept every 4:2:0 profile, and WHIP encoders name their profile loosely (x264
    sends constrained baseline as 4200). A baseline stream may also go out as main or high, whose
    decoders must accept it. The last resort for a mode 0 stream is mode 1, which includes single
    NAL unit packets (RFC 6184, 6.3).
    """
    by_key: dict[str, Codec] = {}
    for codec in codecs:
        by_key.setdefault(codec_key(codec), codec)
    if key in by_key or not key.startswith("H264/"):
        return by_key.get(key)
    _, mode, profile = key.split("/")
    profiles: list[str] = [profile, *_H264_BASELINE]
    if profile in _H264_BASELINE:
        profiles += ["4d00", "640c", "6400"]
    for candidate_mode in (mode, "1") if mode == "0" else (mode,):
        for candidate in profiles:
            if found := by_key.get(f"H264/{candidate_mode}/{candidate}"):
                return found
    return None


def _h264_profile(codec: Codec) -> str:
    """The profile as four hex digits, without the level.

    Text that is no profile stays as it is, so that it matches itself.
    """
    text = codec.fmtp.get("profile-level-id", _H264_DEFAULT).lower()
    try:
        value = int(text, 16)
    except ValueError:
        return text.replace("/", "")
    idc, constraints = value >> 16 & 0xFF, value >> 8 & 0xFF
    for profile_idc, mask, bits, name in _H264_PROFILES:
        if idc == profile_idc and constraints & mask == bits:
            return name
    return f"{idc:02x}{constraints:02x}"
