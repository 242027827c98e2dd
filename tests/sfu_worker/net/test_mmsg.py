"""Packets of one size in a row to one receiver leave as one datagram."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.net.mmsg import MAX_SEGMENTED, MAX_SEGMENTS, group


def test_only_the_last_of_a_group_may_be_shorter() -> None:
    assert group([1] * 5, [10, 10, 4, 4, 9]) == [(0, 3, 10), (3, 4, 4), (4, 5, 9)]


def test_another_receiver_begins_another_group() -> None:
    assert group([1, 1, 2, 1], [10] * 4) == [(0, 2, 10), (2, 3, 10), (3, 4, 10)]


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from([12, 700, 1100, 1456])),
        min_size=1,
        max_size=200,
    )
)
def test_every_packet_is_in_one_group_that_the_kernel_can_cut_again(
    packets: list[tuple[int, int]],
) -> None:
    receivers, sizes = [r for r, _ in packets], [s for _, s in packets]
    groups = group(receivers, sizes)
    assert [i for start, end, _ in groups for i in range(start, end)] == list(range(len(packets)))
    for start, end, size in groups:
        assert len(set(receivers[start:end])) == 1
        assert set(sizes[start : end - 1]) <= {size}
        assert sizes[end - 1] <= size
        assert end - start <= MAX_SEGMENTS
        assert sum(sizes[start:end]) <= MAX_SEGMENTED
