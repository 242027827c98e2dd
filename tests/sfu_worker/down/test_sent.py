"""What an output counts of the layers that it follows."""

from __future__ import annotations

from sfu_worker.down.sent import Sent
from sfu_worker.up.batch import Packet
from sfu_worker.up.layer import UpLayer
from tests.sfu_worker.builders.streams import Source, video_track


def count(layer: UpLayer, packets: int, octets: int) -> Packet:
    """The layer has received these; the last of them had 100 octets."""
    layer.packets += packets
    layer.octets += octets
    p = Packet()
    p.size = 100
    return p


def test_a_layer_counts_from_the_packet_with_which_it_begins() -> None:
    sent, layer = Sent(), Source(video_track(), 1).layer
    sent.begin(layer, count(layer, 50, 5000))
    assert sent.total == (1, 100)
    count(layer, 2, 250)
    assert sent.total == (3, 350)


def test_what_comes_between_two_layers_does_not_count() -> None:
    sent = Sent()
    a, b = Source(video_track("a"), 1).layer, Source(video_track("b"), 2).layer
    sent.begin(a, count(a, 1, 100))
    sent.end()
    count(a, 7, 700)
    count(b, 7, 700)
    assert sent.total == (1, 100)
    sent.begin(b, count(b, 1, 100))
    assert sent.total == (2, 200)


def test_a_late_report_does_not_take_lost_packets_back() -> None:
    sent = Sent()
    for packets in (3, 8, 5):
        sent.report_lost(packets)
    assert sent.lost == 8


def test_counts_are_taken_once() -> None:
    sent = Sent()
    assert sent.take((5, 500, 1, 0, 0)) == (5, 500, 1, 0, 0)
    assert sent.take((7, 500, 1, 0, 2)) == (2, 0, 0, 0, 2)
