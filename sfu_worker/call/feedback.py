"""RTCP of one connection: what the peer reports and asks for, and what it is told in return."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sfu_worker.call.tally import Tally
from sfu_worker.down.egress import Egress
from sfu_worker.down.output import Output
from sfu_worker.down.slot import Slot
from sfu_worker.rtp import rtcp
from sfu_worker.rtp.media_clock import SenderClock, ntp
from sfu_worker.up.ingress import Ingress
from sfu_worker.up.requests import OWN_SSRC

# Blocks that fit into one receiver report (RFC 3550, 6.4.2).
MAX_BLOCKS = 31

# Seconds: a longer round trip in a report is an error of the receiver's clock.
MAX_RTT = 5


class Feedback:
    """Reads RTCP and writes reports; the connection's parts act on what is read."""

    __slots__ = ("_egress", "_ingress", "_send_rtcp", "_slots", "_tally", "clock")

    def __init__(
        self,
        ingress: Ingress,
        egress: Egress,
        slots: Mapping[str, Slot],
        tally: Tally,
        send_rtcp: Callable[[bytes], None],
    ) -> None:
        self.clock = SenderClock()
        self._ingress = ingress
        self._egress = egress
        self._slots = slots
        self._tally = tally
        self._send_rtcp = send_rtcp

    # In

    def on_rtcp(self, data: bytes, now: float) -> None:
        """Take a decrypted compound packet. One that makes no sense is dropped."""
        try:
            packets = rtcp.parse_compound(data)
        except ValueError:
            return
        for packet in packets:
            if isinstance(packet, rtcp.ReferenceTime):
                self._tell_round_trip(packet, packets)
            else:
                self._take(packet, now)

    def _tell_round_trip(self, packet: rtcp.ReferenceTime, beside: list[rtcp.Report]) -> None:
        """Answer a reference time (RFC 3611, 4.4) at once.

        libwebrtc keeps round trips by source: the answer comes from the slot that the receiver
        report in the same compound packet is about.
        """
        reports = (
            block
            for report in beside
            if isinstance(report, rtcp.ReceiverReport)
            for block in report.reports
        )
        about = next(reports, None)
        ssrc = about.ssrc if about is not None else OWN_SSRC
        self._send_rtcp(rtcp.build_dlrr(ssrc, packet))

    def _take(self, packet: object, now: float) -> None:
        match packet:
            case rtcp.SenderReport():
                layer = self._ingress.layers.get(packet.ssrc)
                if layer is not None:
                    layer.sender_report = self.clock.report(packet.ntp, packet.rtp, now)
                self._on_reports(packet.reports, now)
            case rtcp.ReceiverReport():
                self._on_reports(packet.reports, now)
            case rtcp.Nack():
                self._tally.nacks_in += 1
                output = self._output_of(packet.media)
                if output is not None:
                    self._egress.retransmit(output, packet.seqs, now)
            case rtcp.TransportFeedback():
                self._egress.on_feedback(packet, now)
            case rtcp.Remb():
                self._egress.on_remb(packet.bitrate, now)
            case rtcp.Pli():
                self._request_keyframe(packet.media, now)
            case rtcp.Fir():
                for ssrc in packet.media:
                    self._request_keyframe(ssrc, now)

    def _on_reports(self, reports: tuple[rtcp.ReportBlock, ...], now: float) -> None:
        for report in reports:
            output = self._output_of(report.ssrc)
            if output is None:
                continue
            output.report_lost(report.lost)
            # RFC 3550, 6.4.1: the middle 32 bits of NTP time, in units of 1/65536 s.
            rtt = ((ntp(now) >> 16) - report.lsr - report.dlsr) & 0xFFFFFFFF
            measured = rtt / 65536 if report.lsr and rtt < MAX_RTT * 65536 else None
            self._egress.on_report(report.fraction_lost, measured, now)

    def _output_of(self, ssrc: int) -> Output | None:
        outputs = (slot.output for slot in self._slots.values())
        return next((output for output in outputs if output.line.ssrc == ssrc), None)

    def _request_keyframe(self, ssrc: int, now: float) -> None:
        output = self._output_of(ssrc)
        self._tally.plis_in += output is not None
        if output is not None and output.layer is not None:
            output.layer.request_keyframe(now)

    # Out

    def send_arrivals(self) -> None:
        """Every 50 ms or so: transport-wide feedback about what has arrived."""
        layers = self._ingress.layers
        if layers:
            for data in self._ingress.arrivals.feedback(OWN_SSRC, next(iter(layers))):
                self._send_rtcp(data)

    def send_reports(self, now: float) -> None:
        """Every second: receiver reports about what comes in, a sender report for each slot."""
        blocks = [layer.report(ntp(now)) for layer in self._ingress.layers.values()]
        for i in range(0, len(blocks), MAX_BLOCKS):
            self._send_rtcp(rtcp.build_rr(OWN_SSRC, tuple(blocks[i : i + MAX_BLOCKS])))
        for slot in self._slots.values():
            slot.output.tick()
            self.report_slot(slot, now)

    def report_slot(self, slot: Slot, now: float) -> None:
        """Send one slot's sender report: at each switch and every second."""
        output = slot.output
        report = output.sender_report(ntp(now))
        if report is not None:
            self._send_rtcp(report + rtcp.build_sdes(output.line.ssrc, output.line.cname))
