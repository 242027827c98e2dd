"""Probes are sent at the right time, and their results are read correctly."""

from __future__ import annotations

import pytest

from sfu_worker.bwe.probe import RESULTS, SHAPE, TIMES, Probe, Prober

RATE, WANTED, RTT = 1_000_000, 9_000_000, 0.05


class Sender:
    """Asks for probes at a rate, sends them in equal packets, and hears of their fate."""

    def __init__(self) -> None:
        self.prober = Prober()
        self.now = 10.0
        self.seq = 0
        self.jitter = 0.0

    def due(self, rate: int = RATE, wanted: int = WANTED, *, fresh: bool = False) -> Probe | None:
        return self.prober.due(rate, wanted, fresh, RTT, self.jitter, self.now)

    def probe(self, rate: int = RATE, *, fresh: bool = False) -> Probe:
        probe = self.due(rate, fresh=fresh)
        assert probe is not None
        return probe

    def play(
        self, probe: Probe, capacity: float, *, rate: int = RATE, share: float = 1.0, lose: int = 0
    ) -> int:
        """Send a share of a probe over a link that serves ``capacity`` bit/s. Returns the result.

        With ``lose``, each packet of that number is lost.
        """
        count = max(probe.packets, 10)
        size = probe.size // count + 1
        sent = int(count * share)
        gap = probe.duration / count
        for n in range(sent):
            self.prober.sent(self.seq + n, size, probe.id)
        for n in range(sent):
            at = self.now + n * gap
            arrival = at + 0.02 + n * max(0.0, 8 * size / capacity - gap)
            lost = lose and n % lose == lose - 1
            self.prober.acked(self.seq + n, at, None if lost else arrival, size)
        self.seq += sent
        self.now += 0.1
        return self.prober.result(rate, 0.0, self.jitter, self.now)

    def run(self, capacity: float, *, rate: int = RATE, lose: int = 0) -> int:
        return self.play(self.probe(rate), capacity, rate=rate, lose=lose)


@pytest.fixture
def sender() -> Sender:
    return Sender()


def test_no_probe_is_due_while_the_estimate_is_enough(sender: Sender) -> None:
    assert sender.due(RATE, RATE) is None
    assert sender.due(RATE, RATE + 1) is not None


def test_a_probe_is_twice_the_rate_and_the_first_three_times(sender: Sender) -> None:
    assert sender.probe(fresh=True).bitrate == SHAPE.first_scale * RATE
    assert Sender().probe().bitrate == SHAPE.scale * RATE


def test_a_probe_lasts_as_long_as_its_rate_says(sender: Sender) -> None:
    probe = sender.probe()
    assert probe.duration == SHAPE.duration
    assert probe.size == int(probe.bitrate * probe.duration / 8)
    assert probe.packets == SHAPE.packets


def test_a_probe_goes_little_beyond_what_is_wanted(sender: Sender) -> None:
    probe = sender.due(1_000_000, 1_700_000, fresh=True)
    assert probe is not None
    assert probe.bitrate == SHAPE.wanted_margin * 1_700_000


def test_a_path_with_jitter_gets_longer_probes(sender: Sender) -> None:
    sender.jitter = 0.01
    probe = sender.probe()
    assert probe.duration == pytest.approx(0.08)
    assert probe.packets == 2 * SHAPE.packets
    sender = Sender()
    sender.jitter = 1.0
    assert sender.probe().duration == SHAPE.max_duration


def test_there_is_one_probe_at_a_time(sender: Sender) -> None:
    sender.probe()
    sender.now += TIMES.timeout + 4 * RTT
    assert sender.due() is None
    sender.now += TIMES.retry + 0.01
    sender.due()
    sender.now += TIMES.retry
    assert sender.due() is not None, "the first one has timed out"


def test_a_probe_that_fits_shows_its_rate(sender: Sender) -> None:
    shown = sender.run(20e6)
    assert shown == pytest.approx(2 * RATE, rel=0.02)
    assert not sender.prober.saturated


def test_a_good_probe_is_followed_by_the_next_at_once(sender: Sender) -> None:
    shown = sender.run(20e6)
    assert sender.probe(shown).bitrate == pytest.approx(2 * shown, rel=0.01)


def test_a_probe_that_fills_the_link_shows_a_little_less_than_its_capacity(
    sender: Sender,
) -> None:
    assert sender.run(1.5e6) == pytest.approx(RESULTS.utilisation * 1.5e6, rel=0.02)
    assert sender.prober.saturated


@pytest.mark.parametrize(("capacity", "saturated"), [(1.75e6, True), (1.85e6, False)])
def test_a_probe_saturates_a_link_that_delivers_less_than_nine_tenths(
    sender: Sender, capacity: float, saturated: bool
) -> None:
    sender.run(capacity)
    assert sender.prober.saturated is saturated


def test_a_probe_that_shows_less_than_the_estimate_is_no_result(sender: Sender) -> None:
    assert sender.run(0.9e6) == 0


def test_two_probes_that_show_less_correct_the_estimate(sender: Sender) -> None:
    assert sender.run(0.8e6) == 0
    assert sender.prober.limit == 0
    sender.now += TIMES.settle
    assert sender.run(0.7e6) == 0
    assert sender.prober.limit == pytest.approx(RESULTS.utilisation * 0.8e6, rel=0.02)


def test_the_feedback_of_an_unfinished_probe_is_not_read(sender: Sender) -> None:
    probe = sender.probe()
    assert sender.play(probe, 20e6, share=0.9) == 0
    assert sender.prober.waiting
    assert sender.play(probe, 20e6, share=0.1) > RATE


def test_a_probe_is_measured_despite_loss_up_to_a_half(sender: Sender) -> None:
    assert sender.run(20e6, lose=7) == pytest.approx(2 * RATE, rel=0.15)
    assert Sender().run(20e6, lose=1) == 0


def test_what_the_path_loses_anyway_is_added() -> None:
    results = []
    for inherent in (0.0, 0.1):
        sender = Sender()
        probe = sender.probe()
        for n in range(10):
            sender.prober.sent(n, probe.size // 10 + 1, probe.id)
        for n in range(10):
            at = 10.0 + n * 0.004
            sender.prober.acked(n, at, at + n * 0.002, probe.size // 10 + 1)
        results.append(sender.prober.result(RATE, inherent, 0.0, 10.2))
    assert results[1] == pytest.approx(results[0] / 0.9, rel=0.01)


def test_if_the_feedback_is_lost_the_probe_is_repeated_soon(sender: Sender) -> None:
    probe = sender.probe()
    size = probe.size // 10 + 1
    for n in range(10):
        sender.prober.sent(n, size, probe.id)
    sender.prober.acked(12, 10.1, 10.2, size)
    assert sender.prober.result(RATE, 0.0, 0.0, sender.now) == 0
    assert not sender.prober.waiting
    assert sender.due() is None
    sender.now += TIMES.retry
    assert sender.due() is not None


def test_the_first_failures_are_followed_soon_and_later_ones_are_not(sender: Sender) -> None:
    waits = []
    probe: Probe | None = sender.probe()
    for _ in range(TIMES.early + 2):
        assert probe is not None
        sender.play(probe, 1.05e6)
        since = sender.now
        while (probe := sender.due()) is None:
            sender.now += 0.01
        waits.append(sender.now - since)
    assert waits[: TIMES.early] == pytest.approx([TIMES.retry] * TIMES.early, abs=0.02)
    assert waits[TIMES.early :] == pytest.approx([TIMES.most] * 2, abs=0.02)


def test_on_a_path_with_jitter_a_result_must_be_found_twice(sender: Sender) -> None:
    sender.jitter = 1.5 * RESULTS.unsure
    assert sender.run(20e6) == 0
    sender.now += TIMES.retry
    second = sender.probe()
    assert second.bitrate == pytest.approx(2 * RATE, rel=0.02), "the same rate again"
    assert sender.play(second, 1.7e6) == pytest.approx(RESULTS.utilisation * 1.7e6, rel=0.02)


def test_a_camera_that_wants_much_more_does_not_wait_for_its_turn(sender: Sender) -> None:
    sender.due(RATE, 1_200_000)
    sender.prober.put_off(sender.now)
    sender.now += TIMES.retry + 0.01
    assert sender.due(RATE, 1_300_000) is None
    assert sender.due(RATE, 2_000_000) is None
    sender.now += TIMES.retry + 0.01
    assert sender.due(RATE, 2_000_000) is not None


def test_overuse_voids_the_probe_under_way(sender: Sender) -> None:
    probe = sender.probe()
    sender.prober.sent(0, 1000, probe.id)
    sender.prober.put_off(sender.now)
    assert not sender.prober.waiting
    sender.now += TIMES.least / 2 - 0.01
    assert sender.due() is None
    sender.now += 0.02
    assert sender.due() is not None


def test_a_probe_disturbs_until_its_queue_has_drained(sender: Sender) -> None:
    assert not sender.prober.disturbs(sender.now)
    sender.run(20e6)
    assert sender.prober.disturbs(sender.now + TIMES.settle - 0.01)
    assert not sender.prober.disturbs(sender.now + TIMES.settle)


def test_packets_of_another_probe_are_not_counted(sender: Sender) -> None:
    probe = sender.probe()
    sender.prober.sent(1, 1000, probe.id + 1)
    assert not sender.prober.waiting
