"""Trickle ICE fragments (RFC 8840, 9), which WHIP and WHEP clients send with PATCH.

Also our side of an ICE restart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sfu_worker import wire
from sfu_worker.sdp.sections import PWD, TOKEN, UFRAG, Section, split_lines
from sfu_worker.sdp.types import SdpError

# RFC 8839, 5.1, as far as the candidate's type. Only the shape counts: an ICE-lite agent has
# no use for candidates, and one whose transport or address means nothing to us is dropped in
# silence (RFC 9725, 4.3.2).
_CANDIDATE = re.compile(
    r"[A-Za-z0-9+/]{1,32} [0-9]{1,5} \S{1,32} [0-9]{1,10} \S{1,256} [0-9]{1,5} typ \S{1,32}(?: .*)?"
)


@dataclass(frozen=True, slots=True)
class Fragment:
    """The client's ICE user and password; both are empty if it names none."""

    ufrag: str
    pwd: str


def parse_fragment(text: str) -> Fragment:
    """Read a fragment. Raises SdpError, and nothing else, for other text."""
    if len(text) > wire.MAX_FRAGMENT_BYTES:
        raise SdpError("the fragment is too long")
    sections = _sections(text)
    candidates = [value for section in sections for value in section.all("candidate")]
    if not all(_CANDIDATE.fullmatch(value) for value in candidates):
        raise SdpError("a=candidate is malformed")
    ufrag, pwd = _ice_user(sections)
    if not (ufrag or candidates or any(section.has("end-of-candidates") for section in sections)):
        raise SdpError("the fragment has neither candidates nor an ICE user")
    return Fragment(ufrag, pwd)


def _sections(text: str) -> list[Section]:
    """The session's part, then one part per pseudo m-line."""
    sections = [Section()]
    for line in split_lines(text):
        kind, _, value = line.partition("=")
        if kind == "a" and value:
            name, _, value = value.partition(":")
            sections[-1].attributes.setdefault(name, []).append(value)
        elif kind == "m":
            sections.append(Section(value))
        elif line:
            raise SdpError("a fragment consists of a= and m= lines")
    for section in sections[1:]:
        if len(section.media.split()) < 4 or not TOKEN.fullmatch(section.first("mid")):
            raise SdpError("an m-line is malformed, or has no a=mid")
    return sections


def _ice_user(sections: list[Section]) -> tuple[str, str]:
    """The ICE user and password; both are empty without them."""
    ufrag, pwd = (_only(sections, name) for name in ("ice-ufrag", "ice-pwd"))
    if bool(ufrag) != bool(pwd):
        raise SdpError("a=ice-ufrag and a=ice-pwd go together")
    if ufrag and not (UFRAG.fullmatch(ufrag) and PWD.fullmatch(pwd)):
        raise SdpError("a=ice-ufrag or a=ice-pwd is malformed")
    return ufrag, pwd


def _only(sections: list[Section], name: str) -> str:
    """The value of an attribute, in whichever section and however often; empty without one."""
    values = {value for section in sections for value in section.all(name)}
    if len(values) > 1:
        raise SdpError(f"there is more than one a={name}: everything is in one BUNDLE group")
    return next(iter(values), "")


def build_fragment(ufrag: str, pwd: str, kind: str, mid: str, candidates: list[str]) -> str:
    """Our side of an ICE restart (RFC 9725, 4.3.3).

    ``kind`` and ``mid`` are those of the offerer-tagged m-line.
    """
    said = ["a=ice-lite", f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}"]
    # RFC 8840, 9: of a pseudo m-line only the kind means anything.
    said += [
        f"m={kind} 9 RTP/AVP 0",
        f"a=mid:{mid}",
        *(f"a={candidate}" for candidate in candidates),
        "a=end-of-candidates",
    ]
    return "\r\n".join(said) + "\r\n"
