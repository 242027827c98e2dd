"""How many bits a layer takes, by temporal layer. Pure."""

from __future__ import annotations

# VP8 knows four; more are counted with the last.
TEMPORAL_LAYERS = 4

# Weights of the newest quarter of a second: a rise counts at once, but a moment without
# movement makes a layer no cheaper.
RISE, FALL = 0.5, 0.2


class LayerRates:
    """Counts bytes per temporal layer; ``measure`` turns them into rates."""

    __slots__ = ("_at", "_rates", "octets", "rates")

    def __init__(self) -> None:
        self.octets = [0] * TEMPORAL_LAYERS
        # bit/s up to each temporal layer: (T0, T0 + T1, …); one entry without temporal layers.
        self.rates: tuple[int, ...] = (0,)
        self._rates = [0.0] * TEMPORAL_LAYERS
        self._at = -1.0

    def measure(self, now: float) -> None:
        """Timer: a few times a second."""
        if self._at >= 0 and now > self._at:
            for i, octets in enumerate(self.octets):
                rate = 8 * octets / (now - self._at)
                weight = RISE if rate > self._rates[i] else FALL
                self._rates[i] += (rate - self._rates[i]) * (weight if self._rates[i] else 1.0)
            top = max((i for i, rate in enumerate(self._rates) if rate > 1000), default=0)
            total, sums = 0.0, []
            for rate in self._rates[: top + 1]:
                total += rate
                sums.append(int(total))
            self.rates = tuple(sums)
        self.octets = [0] * TEMPORAL_LAYERS
        self._at = now
