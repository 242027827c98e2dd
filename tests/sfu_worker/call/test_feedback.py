"""RTCP of one connection: each packet reaches the part that it is for."""

from __future__ import annotations

import pytest

from sfu_worker.call.feedback import Feedback
from sfu_worker.call.tally import Tally
from sfu_worker.down.egress import Egress
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.media_clock import ntp
from sfu_worker.rtp.rtcp.types import ReportBlock
from sfu_worker.up.batch import Batch
from sfu_worker.up.ingress import Ingress
from sfu_worker.up.requests import OWN_SSRC
from tests.sfu_worker.builders.streams import Source, Wire, video_slot, video_track

NOW = 100.0


class Peer:
    """A feedback with one layer that comes in and one slot that carries it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.tally, self.egress, self.wire = Tally(), Egress(), Wire()
        self.ingress = Ingress(Batch(), self.sent.append, lambda _: None, lambda *_: None)
        self.source = Source(video_track(), 1)
        self.ingress.layers[1] = self.source.layer
        self.slot = video_slot(self.wire)
        self.slot.output.aim(self.source.layer, NOW)
        self.ssrc = self.slot.output.line.ssrc
        self.source.send(NOW, key=True)
        self.source.rtcp.clear()
        self.feedback = Feedback(
            self.ingress, self.egress, {"4": self.slot}, self.tally, self.sent.append
        )

    def hears(self, data: bytes, now: float = NOW) -> None:
        self.feedback.on_rtcp(data, now)

    def said(self) -> list[rtcp.Report]:
        return [packet for data in self.sent for packet in rtcp.parse_compound(data)]


@pytest.fixture
def peer() -> Peer:
    return Peer()


def block(ssrc: int, lost: int, lsr: int = 0, dlsr: int = 0) -> ReportBlock:
    return ReportBlock(ssrc, 10, lost, 5, 0, lsr, dlsr)


def test_what_makes_no_sense_is_dropped(peer: Peer) -> None:
    peer.hears(b"\x80\xc9\x00\x09junk")
    assert peer.sent == []


def test_a_nack_is_answered_from_the_slot_that_it_names(peer: Peer) -> None:
    before = len(peer.wire.sent)
    seq = int.from_bytes(peer.wire.sent[-1][2:4], "big")
    peer.hears(rtcp.build_nack(OWN_SSRC, 12345, [seq]))
    assert len(peer.wire.sent) == before
    peer.hears(rtcp.build_nack(OWN_SSRC, peer.ssrc, [seq]), NOW + 1)
    assert len(peer.wire.sent) == before + 1
    assert peer.tally.nacks_in == 2


def test_a_pli_goes_on_to_the_source_and_one_about_nothing_does_not(peer: Peer) -> None:
    peer.hears(rtcp.build_pli(OWN_SSRC, 12345), NOW + 1)
    assert (peer.tally.plis_in, peer.source.rtcp) == (0, [])
    peer.hears(rtcp.build_pli(OWN_SSRC, peer.ssrc), NOW + 1)
    assert (peer.tally.plis_in, len(peer.source.rtcp)) == (1, 1)


def test_a_report_block_tells_the_loss_and_the_round_trip(peer: Peer) -> None:
    lsr = ntp(NOW - 0.25) >> 16 & 0xFFFFFFFF
    peer.hears(rtcp.build_rr(OWN_SSRC, (block(peer.ssrc, 7, lsr, 65536 // 8),)))
    assert peer.slot.output.counts[2] == 7
    assert peer.egress.estimator.rtt == pytest.approx(0.125, abs=0.001)
    # A report that overtook a newer one takes nothing back.
    peer.hears(rtcp.build_rr(OWN_SSRC, (block(peer.ssrc, 4),)))
    assert peer.slot.output.counts[2] == 7


def test_a_round_trip_that_no_clock_can_mean_is_ignored(peer: Peer) -> None:
    lsr = ntp(NOW + 60) >> 16 & 0xFFFFFFFF
    peer.hears(rtcp.build_rr(OWN_SSRC, (block(peer.ssrc, 0, lsr),)))
    assert peer.egress.estimator.measured_rtt is None


def test_a_receivers_own_estimate_limits_what_it_gets(peer: Peer) -> None:
    assert not peer.egress.heard
    peer.hears(rtcp.build_remb(OWN_SSRC, 300_000, (peer.ssrc,)))
    assert peer.egress.heard


def test_a_senders_clock_is_known_from_its_first_report_and_slots_report_in_ours(
    peer: Peer,
) -> None:
    offset = 5 << 32
    peer.feedback.send_reports(NOW)
    assert not any(isinstance(packet, rtcp.SenderReport) for packet in peer.said())
    peer.hears(rtcp.build_sr(1, ntp(NOW) - offset, 9000, 1, 1))
    assert peer.feedback.clock.offset == offset
    peer.sent.clear()
    peer.feedback.send_reports(NOW + 1)
    receiver, sender = peer.said()[:2]
    assert isinstance(receiver, rtcp.ReceiverReport)
    assert [report.ssrc for report in receiver.reports] == [1]
    assert isinstance(sender, rtcp.SenderReport)
    assert (sender.ssrc, sender.ntp) == (peer.ssrc, ntp(NOW + 1))


def test_a_stream_that_has_not_reported_since_its_senders_clock_jumped_keeps_its_time(
    peer: Peer,
) -> None:
    peer.hears(rtcp.build_sr(1, ntp(NOW), 9000, 1, 1))
    peer.sent.clear()
    peer.feedback.send_reports(NOW + 1)
    before = next(packet for packet in peer.said() if isinstance(packet, rtcp.SenderReport))
    peer.sent.clear()
    # Another stream of this sender reports first, by a clock that was put forward by an hour.
    peer.feedback.clock.report(ntp(NOW + 3601), 0, NOW + 1)
    peer.feedback.send_reports(NOW + 2)
    after = next(packet for packet in peer.said() if isinstance(packet, rtcp.SenderReport))
    assert (after.rtp - before.rtp) & 0xFFFFFFFF == 90_000


def test_what_has_arrived_is_told_once_something_is_routed(peer: Peer) -> None:
    peer.ingress.arrivals.record(3, 1_000_000)
    peer.feedback.send_arrivals()
    [found] = peer.said()
    assert isinstance(found, rtcp.TransportFeedback)
    peer.sent.clear()
    peer.ingress.layers.clear()
    peer.ingress.arrivals.record(4, 1_000_000)
    peer.feedback.send_arrivals()
    assert peer.sent == []
