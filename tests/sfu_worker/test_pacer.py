from sfu_worker.pacer import BURST, KEYFRAME_TIMES, MAX_WAIT, REPAIR_SHARE, TICK, Pacer, Traffic


def ticks(pacer: Pacer, budget: int, count: int, start: float = 1.0) -> float:
    for number in range(count):
        pacer.tick(budget, start + number * TICK)
    return start + count * TICK


def test_media_always_passes() -> None:
    pacer = Pacer()
    pacer.tick(30_000, 1.0)
    assert pacer.split([1200] * 50, Traffic.MEDIA) == 50


def test_a_key_frame_beyond_the_budget_is_spread_over_ticks() -> None:
    pacer, now, left, per_tick = Pacer(), 1.0, [1000] * 60, []
    while left:
        pacer.tick(1_000_000, now)
        count = pacer.split(left, Traffic.KEYFRAME)
        per_tick.append(count)
        left = left[count:]
        now += TICK
    # 2.5 Mbit/s are 7.8 packets of 1000 bytes in 25 ms.
    assert max(per_tick) <= 8
    assert sum(per_tick) == 60
    assert now - 1.0 <= 60_000 * 8 / (1_000_000 * KEYFRAME_TIMES) + 2 * TICK


def test_a_small_key_frame_leaves_at_once() -> None:
    pacer = Pacer()
    ticks(pacer, 2_000_000, 10)
    assert pacer.split([1100] * 20, Traffic.KEYFRAME) == 20


def test_the_rest_of_a_key_frame_does_not_wait_for_ever() -> None:
    pacer = Pacer()
    pacer.tick(30_000, 1.0)
    assert pacer.split([1100] * 20, Traffic.KEYFRAME, waited=MAX_WAIT) == 20


def test_repair_has_a_share_of_the_budget_and_a_bounded_burst() -> None:
    pacer, now = Pacer(), ticks(Pacer(), 1_000_000, 1)
    sent = 0
    for _ in range(40):
        pacer.tick(1_000_000, now)
        pacer.sent(3125, Traffic.MEDIA)
        sent += 1000 * pacer.split([1000] * 100, Traffic.REPAIR)
        now += TICK
    share = 1_000_000 / 8 * REPAIR_SHARE
    assert 0.8 * share <= sent <= share + 1_000_000 / 8 * BURST * REPAIR_SHARE + 1000


def test_padding_takes_only_what_media_leaves() -> None:
    pacer, now, sent = Pacer(), 1.0, 0
    for _ in range(40):
        pacer.tick(1_000_000, now)
        pacer.sent(2000, Traffic.MEDIA)
        sent += 100 * pacer.split([100] * 200, Traffic.PADDING)
        now += TICK
    assert 0.8 * (125_000 - 80_000) <= sent <= 125_000 - 80_000 + 12_500


def test_media_over_the_budget_leaves_no_room_for_padding() -> None:
    pacer, now = Pacer(), 1.0
    for _ in range(40):
        pacer.tick(1_000_000, now)
        pacer.sent(5000, Traffic.MEDIA)
        assert pacer.may_send(Traffic.PADDING) == 0
        now += TICK


def test_one_packet_larger_than_the_room_still_leaves() -> None:
    pacer = Pacer()
    pacer.tick(30_000, 1.0)
    assert pacer.split([1200, 1200], Traffic.REPAIR) == 1


def test_a_late_tick_does_not_fill_the_bucket_beyond_a_burst() -> None:
    pacer = Pacer()
    pacer.tick(1_000_000, 1.0)
    pacer.tick(1_000_000, 60.0)
    assert pacer.may_send(Traffic.PADDING) <= 1_000_000 / 8 * BURST
