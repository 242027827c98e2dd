"""Media out: which layer each slot gets, and the RTP streams that carry it."""
