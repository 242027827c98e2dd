import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sfu_worker.bwe.history import MASK, RING, PacketHistory

chances = st.sampled_from([0.0, 0.0, 0.05, 0.5, 1.0])


class Model:
    """The right results of ``collect``, computed packet by packet."""

    def __init__(self) -> None:
        self.sent: dict[int, tuple[int, float, int]] = {}
        self.lost: set[int] = set()

    def collect(
        self, base: int, arrivals: list[int | None]
    ) -> tuple[list[float], list[float], list[int], int]:
        got: tuple[list[float], list[float], list[int]] = [], [], []
        lost = 0
        for number, at in enumerate(arrivals, base):
            seq, at_time, size = self.sent.get(number & MASK, (-1, 0.0, 0))
            if seq != number & 0xFFFF or (at is None and seq in self.lost):
                continue
            if at is None:
                self.lost.add(seq)
                lost += 1
                continue
            lost -= seq in self.lost
            self.lost.discard(seq)
            del self.sent[number & MASK]
            for values, value in zip(got, (at_time, at / 4000, size), strict=True):
                values.append(value)  # type: ignore[attr-defined]
        return *got, lost


@example(RING - 30, [(60, 0, 0.0), (30, 0, 0.0)], random.Random(1))
@given(
    st.integers(0, 65535),
    st.lists(st.tuples(st.integers(1, 60), st.integers(-40, 70), chances), max_size=30),
    st.randoms(),
)
@settings(max_examples=150, deadline=None)
def test_feedback_reports_the_fate_of_each_packet_once(
    first: int, rounds: list[tuple[int, int, float]], chance: random.Random
) -> None:
    history, model, seq, now = PacketHistory(), Model(), first, 1.0
    for count, back, loss in rounds:
        for _ in range(count):
            seq = (seq + 1) & 0xFFFF
            now += 0.001
            history.sent(seq, 100 + seq % 1000, now)
            model.sent[seq & MASK] = (seq, now, 100 + seq % 1000)
            model.lost.discard(seq)
        # It may begin with packets that were reported before, and end after the newest packet.
        base = (seq - count + 1 - back) & 0xFFFF
        arrivals = [
            None if chance.random() < loss else int(now * 4000) + n
            for n in range(count + chance.randint(0, 3))
        ]
        assert history.collect(base, arrivals) == model.collect(base, arrivals)


def test_packets_that_have_left_the_ring_are_ignored() -> None:
    history = PacketHistory()
    for seq in range(RING + 100):
        history.sent(seq, 1000, 1.0 + seq)
    sends, arrivals, sizes, lost = history.collect(0, list(range(200)))
    assert (sends[0], len(sends), arrivals[0], len(arrivals), sizes, lost) == (
        101.0,
        100,
        100 / 4000,
        100,
        [1000] * 100,
        0,
    )
