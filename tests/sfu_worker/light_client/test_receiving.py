"""What the light client counts as lost, reordered, paused and broken."""

from __future__ import annotations

from sfu_worker.light_client.receiving import Gaps, Receiver
from sfu_worker.light_client.sending import Clock, Stream
from sfu_worker.sdp import TRANSPORT_CC


def stream(kind: str = "video", packets: int = 1) -> Stream:
    rate = 90000 if kind == "video" else 48000
    made = Stream(kind, "0", "", 50.0, 200, packets, rate, Clock())
    made.start(96, {TRANSPORT_CC: 3}, 0.0)
    return made


def sent(source: Stream, frames: int) -> list[bytes]:
    """The packets of some frames, one frame each 20 ms."""
    packets: list[bytes] = []
    for at in range(frames):
        source._next = at / 50
        source.due(at / 50, packets.append)
    return packets


def hear(receiver: Receiver, packets: list[bytes]) -> None:
    for packet in packets:
        receiver.on_rtp(memoryview(packet), 0, len(packet), 1.0)


def test_gaps_tell_loss_from_reordering_and_duplicates() -> None:
    gaps = Gaps(16)
    for number in (65534, 65535, 2, 1, 1):
        gaps.see(number)
    assert gaps.missing == {0}
    assert (gaps.received, gaps.reordered, gaps.duplicates, gaps.lost) == (4, 1, 1, 1)


def test_a_whole_stream_has_no_gap_and_its_first_frame_is_noted() -> None:
    receiver, source = Receiver(), stream(packets=3)
    hear(receiver, sent(source, 5))
    assert receiver.received == 15
    assert (receiver.lost, receiver.broken, receiver.duplicates) == (0, 0, 0)
    assert list(receiver.first_frame) == [source.name]


def test_each_whole_packet_is_told_with_its_stream_and_time() -> None:
    heard: list[tuple[int, float]] = []
    source = stream()
    packets = sent(source, 3)
    changed = packets[1][:-1] + bytes([packets[1][-1] ^ 1])
    receiver = Receiver(lambda name, now: heard.append((name, now)))
    hear(receiver, [packets[0], changed, packets[2]])
    assert heard == [(source.name, 1.0), (source.name, 1.0)]


def test_a_missing_packet_is_lost_and_a_changed_one_is_broken() -> None:
    receiver = Receiver()
    packets = sent(stream(), 4)
    changed = packets[2][:-1] + bytes([packets[2][-1] ^ 1])
    hear(receiver, [packets[0], changed, packets[3]])
    assert receiver.broken == 1
    assert receiver.lost >= 1


def test_a_stream_that_goes_on_with_a_key_frame_was_paused() -> None:
    receiver, source = Receiver(), stream()
    packets = sent(source, 3)
    source.keyframe_wanted = True
    later = sent(source, 1)[0]
    # Forwarding leaves no gap in its numbers where it paused.
    later = later[:2] + packets[1][2:4] + later[4:]
    hear(receiver, [packets[0], later])
    assert (receiver.pauses, receiver.lost) == (1, 0)


def test_retransmissions_are_counted_apart() -> None:
    receiver = Receiver()
    receiver.rtx_types = {96}
    hear(receiver, sent(stream(), 2))
    assert (receiver.repairs, receiver.received) == (2, 0)
