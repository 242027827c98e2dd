"""Which packets of an incoming stream are missing, and when to ask for them again (RFC 4585)."""

from __future__ import annotations

from sfu_worker.up.reception import MAX_DROPOUT

# Networks deliver out of order within a few milliseconds; asking at once would mostly ask for what
# is on its way.
REORDER_SECONDS = 0.010

# Seconds between two requests for one packet at least, however short the round trip: the sender has
# queues as well.
MIN_INTERVAL = 0.020

# The answer to a request takes one round trip and some pacing at the sender; asking sooner doubles
# the repair for nothing.
RTT_FACTOR = 1.5

MAX_REQUESTS = 10
# A picture that is a second late is of no use: then a key frame is the better repair.
GIVE_UP_SECONDS = 1.0

# More is an outage, not loss: repairing it would take the bandwidth that new media needs (250
# packets a second are 2 Mbit/s).
MAX_OUTSTANDING = 250

# Packets back from the newest within which duplicates are recognised; what is older is dropped as
# too old.
WINDOW = 1024

_NEVER = -1.0


class NackLog:
    """Takes the sequence numbers of one stream.

    ``received`` costs the same for each packet, ``missing`` runs on a timer.
    """

    __slots__ = ("_keyframe", "_missing", "_seen", "given_up", "highest")

    def __init__(self) -> None:
        # The newest sequence number, extended beyond 16 bits; -1 before the first packet.
        self.highest = -1
        # How many packets never came.
        self.given_up = 0
        # Which of the last WINDOW packets came, by number modulo WINDOW: the extended number that
        # was seen there.
        self._seen = [-1] * WINDOW
        # Extended number -> [when it was first missed, when it was last asked for, how often].
        self._missing: dict[int, list[float]] = {}
        self._keyframe = False

    def received(self, seq16: int) -> bool:
        """Note a packet, fresh or repaired. False for a duplicate, or one that is too old."""
        highest = self.highest
        step = (seq16 - highest) & 0xFFFF
        if step == 1:
            self.highest = highest = highest + 1
            self._seen[highest & 1023] = highest
            return True
        if highest < 0:
            self.highest = seq16
            self._seen[seq16 & 1023] = seq16
            return True
        if step < 0x8000:
            return self._ahead(highest, step)
        number = highest + step - 0x10000
        if number <= highest - WINDOW or number < 0 or self._seen[number & 1023] == number:
            return False
        self._seen[number & 1023] = number
        self._missing.pop(number, None)
        return True

    def lacks(self, seq16: int) -> bool:
        """Whether ``received`` would call this packet new; False before the first one."""
        highest = self.highest
        if highest < 0:
            return False
        step = (seq16 - highest) & 0xFFFF
        if step < 0x8000:
            return step > 0
        number = highest + step - 0x10000
        return number > highest - WINDOW and number >= 0 and self._seen[number & 1023] != number

    def _ahead(self, highest: int, step: int) -> bool:
        if step == 0:
            return False
        number = self.highest = highest + step
        self._seen[number & 1023] = number
        if step - 1 + len(self._missing) > MAX_OUTSTANDING:
            # A jump of so many is a new numbering.
            self.given_up += len(self._missing) + (step - 1 if step <= MAX_DROPOUT else 0)
            self._missing.clear()
            self._keyframe = True
        else:
            for lost in range(highest + 1, number):
                self._missing[lost] = [_NEVER, _NEVER, 0]
        return True

    def missing(self, now: float, rtt: float) -> list[int]:
        """The 16-bit sequence numbers to ask for now, oldest first.

        ``now`` and ``rtt`` are in seconds.

        A gap is noticed without a clock, so its age counts from the first call after it: with the
        worker's timer of 25 ms, the first request leaves 25 to 50 ms after the gap. A packet that
        was requested ``MAX_REQUESTS`` times, or is missing for ``GIVE_UP_SECONDS``, is given up,
        and a key frame is wanted instead.
        """
        if not self._missing:
            return []
        interval = max(MIN_INTERVAL, RTT_FACTOR * rtt)
        wanted = []
        given_up = []
        for number, entry in self._missing.items():
            first, last, requests = entry
            if first == _NEVER:
                entry[0] = now
            elif now - first >= GIVE_UP_SECONDS or number <= self.highest - WINDOW:
                given_up.append(number)
            elif now - first >= REORDER_SECONDS and now - last >= interval:
                if requests >= MAX_REQUESTS:
                    given_up.append(number)
                    continue
                entry[1], entry[2] = now, requests + 1
                wanted.append(number & 0xFFFF)
        self.given_up += len(given_up)
        for number in given_up:
            del self._missing[number]
            self._keyframe = True
        return wanted

    @property
    def outstanding(self) -> int:
        """How many packets are missing now."""
        return len(self._missing)

    def take_keyframe_request(self) -> bool:
        """Whether repair has failed since the last call, so that only a key frame helps."""
        wanted, self._keyframe = self._keyframe, False
        return wanted
