"""What a sender is asked for."""

from __future__ import annotations

from sfu_worker.rtp import rtcp
from sfu_worker.up.requests import KEYFRAME_INTERVAL, Requests


def asked(sent: list[bytes]) -> list[rtcp.Report]:
    return [packet for data in sent for packet in rtcp.parse_compound(data)]


def test_key_frames_are_asked_for_once_per_interval_and_the_rest_is_due() -> None:
    sent: list[bytes] = []
    requests = Requests(7, sent.append)
    requests.keyframe(1.0)
    requests.keyframe(1.1)
    assert (len(sent), requests.plis, requests.keyframe_due) == (1, 1, True)
    requests.keyframe(1.0 + KEYFRAME_INTERVAL)
    assert (len(sent), requests.plis, requests.keyframe_due) == (2, 2, False)
    assert all(isinstance(packet, rtcp.Pli) and packet.media == 7 for packet in asked(sent))


def test_missing_packets_are_asked_for_in_one_message() -> None:
    sent: list[bytes] = []
    requests = Requests(7, sent.append)
    requests.packets([5, 6, 30])
    [nack] = asked(sent)
    assert isinstance(nack, rtcp.Nack)
    assert (nack.media, list(nack.seqs), requests.nacks) == (7, [5, 6, 30], 1)


def test_nothing_is_asked_for_after_the_end() -> None:
    sent: list[bytes] = []
    requests = Requests(7, sent.append)
    requests.close()
    requests.keyframe(1.0)
    requests.packets([1])
    assert sent == []
