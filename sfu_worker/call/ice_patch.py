"""Trickle ICE fragments of WHIP and WHEP clients: candidates and restarts (RFC 9725, 4.3)."""

from __future__ import annotations

from sfu_worker import sdp, wire
from sfu_worker.net.transport import Transport


def patch_ice(
    cmd: wire.PatchIce, transport: Transport, tagged: sdp.AnsweredMedia, candidates: list[str]
) -> wire.IcePatched | wire.Refused:
    """Apply a fragment. ``tagged`` is the offerer-tagged m-line, ``candidates`` are ours.

    Our ICE user names the ICE session: it is new with each session, and unique. It tells fragments
    of different sessions apart when they overtake each other. So does the peer's user: one that is
    in use already begins no new session.
    """
    if not cmd.sessions:
        return wire.Refused("patch_ice", "no_ice_session")
    if "*" not in cmd.sessions and transport.ufrag not in cmd.sessions:
        return wire.Refused("patch_ice", "other_ice_session")
    # A precondition comes before the content (RFC 9110, 13.2.1).
    try:
        fragment = sdp.parse_fragment(cmd.fragment)
    except sdp.SdpError as exc:
        return wire.Refused("patch_ice", "bad_sdp", str(exc))
    if fragment.ufrag in ("", transport.remote_ufrag):
        # Candidates only. A lite agent needs none: it sends no checks (RFC 8445, 2.5).
        return wire.IcePatched()
    if "*" not in cmd.sessions:
        # RFC 9725, 4.3.3: this tells a restart from candidates of a session that we do not know.
        return wire.Refused(
            "patch_ice",
            "bad_sdp",
            "this is not the ICE user of that session, and a restart says If-Match: *",
        )
    transport.restart_ice(fragment.ufrag)
    answer = sdp.build_fragment(transport.ufrag, transport.pwd, tagged.kind, tagged.mid, candidates)
    return wire.IcePatched(answer, transport.ufrag)
