"""Reading and comparing what bench/forward.py prints."""

from __future__ import annotations

from bench.in_turn import Row, rows, table

PRINTED = """\
floor: rewrite + protect + sendto, one packet at a time
    people    in/s    out/s  µs/packet  floor  x floor   lost  p50 ms  p99 ms   load
   1 -> 10     150     1499       21.5    9.0     2.39      0     0.8     2.1    1.2
   10 x 10    1500    13480       14.0    9.1     1.54      3     1.8     6.1    1.9
"""


def test_rows_are_read_and_headings_passed_over() -> None:
    assert list(rows(PRINTED)) == [
        Row("1 -> 10", 21.5, 2.39, 0, 1.2),
        Row("10 x 10", 14.0, 1.54, 3, 1.9),
    ]


def test_medians_ranges_and_their_ratio_are_printed_for_each_row() -> None:
    before = [Row("1 -> 10", cost, 2.0, 0, 1.0) for cost in (10.0, 30.0, 20.0)]
    after = [Row("1 -> 10", cost, 3.0, 1, 2.0) for cost in (25.0, 22.0, 24.0)]
    heading, *lines = table(before, after)
    assert "µs/packet" in heading
    assert [" ".join(line.split()) for line in lines] == [
        "1 -> 10 before 20.0 ( 10.0 to 30.0) 2.00 ( 2.00 to 2.00) 0 1.0",
        "1 -> 10 after 24.0 ( 22.0 to 25.0) 3.00 ( 3.00 to 3.00) 3 2.0",
        "1 -> 10 ratio 1.200 1.500",
    ]


def test_a_row_that_one_checkout_does_not_have_has_no_ratio() -> None:
    lines = list(table([Row("2 x 2", 1.0, 1.0, 0, 0.0)], []))
    assert len(lines) == 2
