from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.kernels.statistics import BINS, BINS_PER_OCTAVE, LOWEST_OCTAVE
from tests import naive
from tests.kernels.compiled import (
    bin_position,
    conformal_rank,
    forget_and_add,
    quantile,
    surprise_of_normal,
    update_mean,
    weight_above,
)

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60)
MAGNITUDES = st.floats(0.0, 2e3) | st.floats(-16.0, 12.0).map(lambda e: 2.0**e)
AT = 3


def moments(values: list[float], weights: list[float]) -> tuple[float, float]:
    stats = np.zeros(4)
    for x, weight in zip(values, weights, strict=True):
        update_mean(stats, 1, 3, x, weight)
    assert stats[0] == stats[2] == 0.0
    return stats[1], stats[3]


class Filled(NamedTuple):
    """A histogram in the weights of its own unit."""

    h: np.ndarray  # (AT + BINS,)
    weight: float
    unit: float

    def quantile(self, share: float) -> float:
        found: float = quantile(self.h, AT, share, self.weight)
        return found


def fill(magnitudes: list[float], keep: float) -> Filled:
    h, stats = np.zeros(AT + BINS, np.float32), np.zeros(2)
    for magnitude in magnitudes:
        forget_and_add(h, AT, bin_position(magnitude), keep, stats)
    return Filled(h, *stats.tolist())


def naive_fill(magnitudes: list[float], keep: float) -> naive.Histogram:
    histogram = naive.Histogram(keep)
    for magnitude in magnitudes:
        histogram.add(magnitude)
    return histogram


# --- mean and variance --------------------------------------------------------------------------


@given(VALUES)
def test_with_weights_of_one_over_n_they_are_the_plain_mean_and_variance(
    values: list[float],
) -> None:
    mean, var = moments(values, [1.0 / (n + 1) for n in range(len(values))])
    assert mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-9)
    assert var == pytest.approx(np.var(values), rel=1e-9, abs=1e-7)


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0.0, 1.0)), min_size=1, max_size=60))
def test_with_any_weights_they_are_the_moments_of_the_weighted_past(
    pairs: list[tuple[float, float]],
) -> None:
    values, weights = [x for x, _ in pairs], [w for _, w in pairs]
    mean, var = moments(values, weights)
    wanted_mean, wanted_var = naive.weighted_moments(values, weights)
    assert mean == pytest.approx(wanted_mean, rel=1e-9, abs=1e-9)
    assert var == pytest.approx(wanted_var, rel=1e-9, abs=1e-6)


@given(st.floats(-1e9, 1e9), st.integers(1, 50))
def test_a_constant_has_no_variance(x: float, n: int) -> None:
    mean, var = moments([x] * n, [1.0 / (k + 1) for k in range(n)])
    assert mean == x
    assert var == 0.0


# --- histogram ----------------------------------------------------------------------------------


def test_the_twin_has_the_same_bins() -> None:
    assert (BINS, BINS_PER_OCTAVE, LOWEST_OCTAVE) == (
        naive.BINS,
        naive.BINS_PER_OCTAVE,
        naive.LOWEST_OCTAVE,
    )


@given(MAGNITUDES | st.sampled_from([math.inf, 1e300]))
def test_a_magnitude_has_the_position_of_its_logarithm(magnitude: float) -> None:
    position = bin_position(magnitude)
    assert position == pytest.approx(naive.bin_position(magnitude), abs=1e-9)
    assert 0.0 <= position < BINS


def test_a_missing_magnitude_counts_as_the_smallest() -> None:
    assert bin_position(math.nan) == 0.0


PAST = st.lists(MAGNITUDES, min_size=1, max_size=80)


@given(PAST, st.floats(0.5, 1.0), MAGNITUDES)
@settings(max_examples=60)
def test_the_histogram_holds_the_past_with_every_weight_decayed_by_its_age(
    magnitudes: list[float], keep: float, probe: float
) -> None:
    h, weight, unit = fill(magnitudes, keep)
    twin = naive_fill(magnitudes, keep)
    assert weight / unit == pytest.approx(twin.weight(), rel=1e-6)
    np.testing.assert_allclose(h[AT:] / unit, twin.counts(), rtol=1e-5, atol=1e-6)
    assert not h[:AT].any()
    above = weight_above(h, AT, bin_position(probe)) / unit
    assert above == pytest.approx(twin.above(probe), rel=1e-5, abs=1e-5)


@given(PAST, st.floats(0.5, 1.0), MAGNITUDES)
@settings(max_examples=60)
def test_a_conformal_rank_counts_the_new_one_among_those_that_are_as_large(
    magnitudes: list[float], keep: float, probe: float
) -> None:
    h, weight, unit = fill(magnitudes, keep)
    twin = naive_fill(magnitudes, keep)
    wanted = (twin.above(probe) + 1.0) / (twin.weight() + 1.0)
    found = conformal_rank(h, AT, bin_position(probe), weight, unit)
    assert found == pytest.approx(wanted, rel=1e-5)
    assert 0.0 < found <= 1.0 + 1e-6


def test_the_first_of_all_has_the_rank_of_the_most_usual() -> None:
    assert conformal_rank(np.zeros(BINS, np.float32), 0, 7.5, 0.0, 0.0) == 1.0


def test_a_long_past_is_counted_anew_before_its_numbers_grow_too_large() -> None:
    """With keep = 0.5 every 60th reading; what came 50 readings ago is nothing then."""
    magnitudes = [1.0, 2.0, 4.0, 8.0] * 100
    h, weight, unit = fill(magnitudes, 0.5)
    assert 1.0 <= unit < 1e19
    assert weight / unit == pytest.approx(2.0)
    twin = naive_fill(magnitudes, 0.5)
    np.testing.assert_allclose(h[AT:] / unit, twin.counts(), rtol=1e-5, atol=1e-6)


@given(PAST, st.floats(0.5, 1.0), st.floats(0.001, 0.999))
@settings(max_examples=60)
def test_a_quantile_is_the_twins(magnitudes: list[float], keep: float, share: float) -> None:
    filled = fill(magnitudes, keep)
    found = filled.quantile(share)
    twin = naive_fill(magnitudes, keep)
    # at a bin's very edge rounding decides on which side of an empty stretch the answer lies
    weight = twin.weight()
    slack = 1e-5 * weight
    assert twin.above(found) == pytest.approx(share * weight, abs=2.0 * slack)
    if all(abs(twin.above(naive.magnitude_at(k)) - share * weight) > slack for k in range(BINS)):
        assert found == pytest.approx(twin.quantile(share), rel=1e-3)


@given(st.lists(MAGNITUDES, min_size=1, max_size=40), st.floats(0.9, 1.0))
@settings(max_examples=30)
def test_a_larger_share_never_has_a_larger_quantile(magnitudes: list[float], keep: float) -> None:
    filled = fill(magnitudes, keep)
    found = [filled.quantile(share) for share in np.linspace(0.01, 0.99, 30)]
    assert all(b <= a for a, b in itertools.pairwise(found))


def test_quantiles_of_a_known_distribution_are_within_a_bins_width() -> None:
    magnitudes = np.abs(np.random.default_rng(0).normal(size=5000)).tolist()
    filled = fill(magnitudes, 1.0)
    for share in (0.5, 0.1, 0.05, 0.01):
        exact = float(np.quantile(magnitudes, 1.0 - share))
        assert filled.quantile(share) == pytest.approx(exact, rel=2.0**0.25 - 1.0)


def test_what_is_forgotten_leaves_the_quantile() -> None:
    assert fill([100.0] * 50 + [1.0] * 200, 0.95).quantile(0.05) < 1.2


# --- tail of the normal distribution ------------------------------------------------------------


@given(st.floats(-40.0, 200.0))
def test_the_surprise_is_the_logarithm_of_the_upper_tail(z: float) -> None:
    wanted = naive.surprise_of_normal(z)
    assert surprise_of_normal(z) == pytest.approx(wanted, rel=1e-6, abs=1e-3 if z > 24 else 1e-9)


def test_the_twin_is_right_where_tables_of_the_tail_exist() -> None:
    for z, tail in ((0.0, 0.5), (1.959963984540054, 0.025), (6.0, 9.865876450376946e-10)):
        assert naive.surprise_of_normal(z) == pytest.approx(-math.log10(tail), rel=1e-12)


@given(st.floats(-1e150, 1e150))
def test_the_surprise_is_finite_and_not_negative_for_every_z(z: float) -> None:
    assert 0.0 <= surprise_of_normal(z) < math.inf


def test_the_surprise_grows_across_the_seam_between_its_two_formulas() -> None:
    around = [surprise_of_normal(z) for z in np.linspace(24.9, 25.1, 201)]
    assert all(b > a for a, b in itertools.pairwise(around))
