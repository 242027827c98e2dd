"""What a receiver report says about one incoming stream (RFC 3550 section 6.4.1 and appendix A)."""

from __future__ import annotations

from sfu_worker.rtp.rtcp.types import ReportBlock

# A jump further ahead than this is a new numbering, not loss (RFC 3550 appendix A.1).
MAX_DROPOUT = 3000


class ReceptionStats:
    """Counts the packets of one SSRC.

    Give it each packet as it arrives on that SSRC, not those repaired over another one.
    """

    __slots__ = (
        "_base",
        "_clock",
        "_expected_before",
        "_jitter",
        "_received",
        "_received_before",
        "_ssrc",
        "_transit",
        "highest",
    )

    def __init__(self, ssrc: int, clock: int) -> None:
        self._ssrc = ssrc
        self._clock = clock
        # The newest sequence number, extended beyond 16 bits; -1 before the first packet.
        self.highest = -1
        self._base = 0
        self._received = 0
        self._expected_before = 0
        self._received_before = 0
        self._transit: int | None = None
        self._jitter = 0.0

    def arrival(self, seq16: int, timestamp: int, now: float) -> None:
        """Note a packet with its RTP timestamp; ``now`` in seconds. Called for every packet."""
        highest = self.highest
        step = (seq16 - highest) & 0xFFFF
        if highest < 0 or MAX_DROPOUT < step < 0x10000 - MAX_DROPOUT:
            self._restart(seq16)
        elif step < 0x8000:
            self.highest = highest + step
        self._received += 1
        transit = int(now * self._clock) - timestamp & 0xFFFFFFFF
        before, self._transit = self._transit, transit
        if before is not None:
            difference = transit - before & 0xFFFFFFFF
            if difference > 0x7FFFFFFF:
                difference = 0x100000000 - difference
            self._jitter += (difference - self._jitter) / 16  # RFC 3550 appendix A.8

    def _restart(self, seq16: int) -> None:
        self.highest = self._base = seq16
        self._received = self._expected_before = self._received_before = 0
        self._transit = None

    @property
    def expected(self) -> int:
        """How many packets should have come by now."""
        return self.highest - self._base + 1 if self.highest >= 0 else 0

    @property
    def lost(self) -> int:
        """How many of them have not; negative when there were more duplicates than losses."""
        return self.expected - self._received

    @property
    def jitter(self) -> int:
        """Interarrival jitter in units of the RTP clock."""
        return int(self._jitter)

    def report(self, lsr: int = 0, dlsr: int = 0) -> ReportBlock:
        """The block for the next report; the fraction lost is since the call before.

        ``lsr`` is the middle 32 bits of the NTP time in the last sender report, ``dlsr`` the delay
        since then in 1/65536 s; both 0 before the first one.
        """
        expected = self.expected - self._expected_before
        lost = expected - (self._received - self._received_before)
        self._expected_before, self._received_before = self.expected, self._received
        fraction = min(255, lost * 256 // expected) if expected > 0 and lost > 0 else 0
        return ReportBlock(
            self._ssrc, fraction, self.lost, self.highest & 0xFFFFFFFF, self.jitter, lsr, dlsr
        )
