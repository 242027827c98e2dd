"""Reading offers and answers.

Whatever the text is, the only error is SdpError, and the work is linear in its length.
"""

from __future__ import annotations

import itertools
import re

from sfu_worker.sdp.codecs import Codec
from sfu_worker.sdp.sections import MAX_MEDIA, PWD, TOKEN, UFRAG, Section, number, read_sections
from sfu_worker.sdp.types import Offer, OfferedMedia, SdpError

MAX_FINGERPRINTS = 8
MAX_CANDIDATES = 64
MAX_RIDS = 8
MAX_SSRCS = 64

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
SETUPS = ("actpass", "active", "passive")

_RID = re.compile(
    r"[A-Za-z0-9_-]{1,16}"
)  # RFC 8851; 16 bytes is what a one-byte header extension holds
_PROTOCOL = re.compile(r"[A-Za-z0-9/.-]{1,32}")
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63}")


def parse_offer(text: str) -> Offer:
    """Read an offer.

    Raises SdpError, and nothing else, if this is no offer or one that we cannot serve.
    """
    return _parse(text, "send")


def parse_answer(text: str) -> Offer:
    """Read an answer, for a client.

    As ``parse_offer``; ``rids`` and ``simulcast`` are those that the answerer receives.
    """
    answer = _parse(text, "recv")
    if answer.setup == "actpass":
        raise SdpError("an answer says setup:active or setup:passive")
    return answer


def _parse(text: str, rid_direction: str) -> Offer:
    session, sections, version = read_sections(text)
    defaults = (_direction(session) or "sendrecv", _extensions(session))
    media = [_media(section, defaults, rid_direction) for section in sections]
    mids = {m.mid for m in media}
    if len(mids) != len(media):
        raise SdpError("two m-lines have the same a=mid")
    bundle = _bundle(session, mids)
    _check_one_port(media, bundle)
    tagged = next((s for s, m in zip(sections, media, strict=True) if m.mid == bundle[0]), session)
    ufrag, pwd = (_inherited(tagged, session, name) for name in ("ice-ufrag", "ice-pwd"))
    if not UFRAG.fullmatch(ufrag) or not PWD.fullmatch(pwd):
        raise SdpError("a=ice-ufrag or a=ice-pwd is missing or malformed")
    setup = _inherited(tagged, session, "setup")
    if setup not in SETUPS:
        raise SdpError("a=setup must be actpass, active or passive")
    return Offer(
        ufrag=ufrag,
        pwd=pwd,
        fingerprints=_fingerprints(tagged.all("fingerprint") or session.all("fingerprint")),
        setup=setup,
        media=media,
        bundle=bundle,
        ice_options=_inherited(tagged, session, "ice-options").split(),
        ice_lite=session.has("ice-lite"),
        extmap_allow_mixed=session.has("extmap-allow-mixed"),
        version=version,
        candidates=_candidates([session, *sections]),
    )


def _inherited(section: Section, session: Section, name: str) -> str:
    """An attribute of an m-line; one in the session's part applies to all that lack it."""
    return section.first(name) or session.first(name)


def _candidates(sections: list[Section]) -> list[str]:
    values = (value for section in sections for value in section.all("candidate"))
    return [f"candidate:{value}" for value in itertools.islice(values, MAX_CANDIDATES)]


def _bundle(session: Section, mids: set[str]) -> list[str]:
    """The mids of the first BUNDLE group."""
    groups = [group.split() for group in session.all("group")[:MAX_MEDIA]]
    bundle = next((group[1:] for group in groups if group and group[0] == "BUNDLE"), [])
    if not bundle or len(set(bundle)) != len(bundle) or not set(bundle) <= mids:
        raise SdpError("a=group:BUNDLE is missing or names unknown or repeated m-lines")
    return bundle


def _check_one_port(media: list[OfferedMedia], bundle: list[str]) -> None:
    """Raise SdpError unless there are m-lines, and all of them fit on the server's one port."""
    accepted = [m for m in media if not m.rejected]
    if not accepted:
        raise SdpError("there is no m-line to talk about")
    if not {m.mid for m in accepted} <= set(bundle):
        raise SdpError("every m-line must be in the same BUNDLE group: the server has one port")
    if not all(m.rtcp_mux for m in accepted if m.kind != "application"):
        raise SdpError("every m-line must say a=rtcp-mux: the server has one port")


def _media(
    section: Section, defaults: tuple[str, dict[str, int]], rid_direction: str
) -> OfferedMedia:
    """One m-line. ``defaults`` are direction and extensions from the session's part."""
    head = section.media.split()
    if len(head) < 4 or not TOKEN.fullmatch(head[0]) or not _PROTOCOL.fullmatch(head[2]):
        raise SdpError("an m-line is malformed")
    kind, port, protocol, formats = head[0], head[1].partition("/")[0], head[2], head[3:]
    if len(formats) > 128 or not all(TOKEN.fullmatch(f) for f in formats):
        raise SdpError("the formats of an m-line are malformed")
    mid = section.first("mid")
    if not TOKEN.fullmatch(mid):
        raise SdpError("a=mid is missing or malformed")
    rids = _rids(section, rid_direction)
    ssrcs, rtx = _ssrcs(section)
    return OfferedMedia(
        mid=mid,
        kind=kind,
        direction=_direction(section) or defaults[0],
        codecs=_codecs(section, formats) if kind in ("audio", "video") else [],
        extensions=defaults[1] | _extensions(section),
        rids=rids,
        simulcast=_simulcast(section, rid_direction, rids),
        ssrcs=ssrcs,
        rtx=rtx,
        msid=section.first("msid")[:256],
        cname=_cname(section),
        # RFC 8843, 6: port 0 with bundle-only does not mean rejected.
        rejected=number(port, 65535) == 0 and not section.has("bundle-only"),
        rtcp_mux=section.has("rtcp-mux"),
        protocol=protocol,
        formats=formats,
    )


def _direction(section: Section) -> str:
    return next((direction for direction in DIRECTIONS if section.has(direction)), "")


def _codecs(section: Section, formats: list[str]) -> list[Codec]:
    """The codecs in the order of the m-line, each with its retransmissions' payload type."""
    names = dict(map(_split, section.all("rtpmap")))
    fmtps = {pt: _parameters(value) for pt, value in map(_split, section.all("fmtp"))}
    feedback: dict[str, list[str]] = {}
    for pt, value in map(_split, section.all("rtcp-fb")):
        feedback.setdefault(pt, []).append(value)
    maps = {pt: _rtpmap(names[pt]) for pt in dict.fromkeys(formats) if pt in names}
    rtx = {
        fmtps.get(pt, {}).get("apt", ""): pt
        for pt, (name, _, _) in maps.items()
        if name.lower() == "rtx"
    }
    return [
        Codec(
            pt=number(pt, 127),
            name=name,
            clock=clock,
            channels=channels,
            fmtp=fmtps.get(pt, {}),
            feedback=tuple(feedback.get(pt, [])[:16] + feedback.get("*", [])[:16]),
            rtx_pt=number(rtx[pt], 127) if pt in rtx else None,
        )
        for pt, (name, clock, channels) in maps.items()
        if name.lower() != "rtx"
    ]


def _split(value: str) -> tuple[str, str]:
    head, _, tail = value.partition(" ")
    return head, tail.strip()


def _rtpmap(value: str) -> tuple[str, int, int]:
    name, clock, channels, *_ = [*value.split("/"), "", ""]
    if not TOKEN.fullmatch(name):
        raise SdpError("a=rtpmap is malformed")
    return name, number(clock, 2**31), number(channels, 255) if channels else 1


def _parameters(value: str) -> dict[str, str]:
    """``a=1;b=2`` as a dict.

    A parameter without a value (``111/111``, as RED has it) maps to an empty string.
    """
    pairs = (part.strip().partition("=") for part in value.split(";")[:32])
    return {name.strip().lower(): text.strip() for name, _, text in pairs if name}


def _extensions(section: Section) -> dict[str, int]:
    """URI -> id.

    Ids from 15 are left out: we send one-byte headers (RFC 8285, 4.2), so they could not be
    used.
    """
    found: dict[str, int] = {}
    for value in section.all("extmap"):
        head, uri = _split(value)
        ident = number(head.partition("/")[0], 65535)
        if 1 <= ident <= 14 and uri:
            found.setdefault(uri.split()[0], ident)
    if len(set(found.values())) != len(found):
        raise SdpError("two header extensions have the same id")
    return found


def _rids(section: Section, direction: str) -> list[str]:
    rids: dict[str, None] = {}
    for value in section.all("rid"):
        rid, _, rest = value.partition(" ")
        if not _RID.fullmatch(rid) or rid in rids:
            raise SdpError("a=rid is malformed or repeated")
        if rest.split(" ", 1)[0] == direction:
            rids[rid] = None
        if len(rids) > MAX_RIDS:
            raise SdpError(f"more than {MAX_RIDS} rids in an m-line")
    return list(rids)


def _simulcast(section: Section, direction: str, rids: list[str]) -> list[str]:
    """The rids of ``a=simulcast`` in order.

    Of alternatives (``a,b``) the first is taken; ``~`` marks one that starts paused.
    """
    words = section.first("simulcast").split()
    for name, value in zip(words[::2], words[1::2], strict=False):
        if name == direction:
            first = (
                stream.split(",")[0].removeprefix("~") for stream in value.split(";")[:MAX_RIDS]
            )
            return list(dict.fromkeys(rid for rid in first if rid in rids))
    return []


def _ssrcs(section: Section) -> tuple[list[int], dict[int, int]]:
    """All primary SSRCs in order, and which SSRC repairs which.

    FFmpeg names the repair SSRC in the group alone.
    """
    rtx: dict[int, int] = {}
    for value in section.all("ssrc-group")[:MAX_SSRCS]:
        words = value.split()
        if len(words) == 3 and words[0] == "FID":
            rtx[number(words[1], 2**32 - 1)] = number(words[2], 2**32 - 1)
    named = dict.fromkeys(value.partition(" ")[0] for value in section.all("ssrc"))
    if len(named) > MAX_SSRCS:
        raise SdpError(f"more than {MAX_SSRCS} SSRCs in an m-line")
    repair = set(rtx.values())
    ssrcs = dict.fromkeys([number(text, 2**32 - 1) for text in named] + list(rtx))
    return [ssrc for ssrc in ssrcs if ssrc not in repair], rtx


def _cname(section: Section) -> str:
    for value in section.all("ssrc"):
        name, _, text = value.partition(" ")[2].partition(":")
        if name == "cname":
            return text[:256]
    return ""


def _fingerprints(values: list[str]) -> list[tuple[str, str]]:
    fingerprints = []
    for value in values[:MAX_FINGERPRINTS]:
        algorithm, text = _split(value)
        if not TOKEN.fullmatch(algorithm) or not _FINGERPRINT.fullmatch(text):
            raise SdpError("a=fingerprint is malformed")
        fingerprints.append((algorithm.lower(), text.upper()))
    if not fingerprints:
        raise SdpError("a=fingerprint is missing: there is no media without DTLS")
    return fingerprints
