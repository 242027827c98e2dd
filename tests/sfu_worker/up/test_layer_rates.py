"""How many bits a layer takes, by temporal layer."""

from __future__ import annotations

from sfu_worker.up.layer_rates import LayerRates


def measured(rates: LayerRates, now: float, *octets: int) -> tuple[int, ...]:
    for i, count in enumerate(octets):
        rates.octets[i] += count
    rates.measure(now)
    return rates.rates


def test_rates_are_sums_up_to_each_temporal_layer() -> None:
    rates = LayerRates()
    measured(rates, 1.0)
    assert measured(rates, 2.0, 10_000, 5_000, 20_000) == (80_000, 120_000, 280_000)


def test_the_first_measurement_only_starts_the_clock() -> None:
    assert measured(LayerRates(), 1.0, 10_000) == (0,)


def test_a_rise_counts_more_than_a_fall() -> None:
    rates = LayerRates()
    measured(rates, 1.0)
    [steady] = measured(rates, 2.0, 10_000)
    [risen] = measured(rates, 3.0, 20_000)
    assert risen == steady + 40_000
    [fallen] = measured(rates, 4.0, 5_000)
    assert fallen == risen - 16_000
