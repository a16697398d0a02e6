from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.kernels.optimiser import LANES, padded
from tests import naive
from tests.kernels.compiled import adam_update, clip_norm_of, sgd_update, small_adam_update

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(1, 8).map(lambda vectors: vectors * LANES)
TOLERANCE = {np.float32: 2e-6, np.float64: 1e-13}


@given(st.integers(0, 2000))
def test_padding_adds_less_than_one_vector(n: int) -> None:
    assert n <= padded(n) < n + LANES
    assert padded(n) % LANES == 0


@DTYPES
@given(n=SIZES, seed=SEEDS, size=st.floats(1e-6, 1e6), limit=st.floats(0.1, 10.0))
@settings(max_examples=50)
def test_a_gradient_is_clipped_to_the_norm_and_keeps_its_direction(
    dtype: type[np.floating[Any]], n: int, seed: int, size: float, limit: float
) -> None:
    g = (np.random.default_rng(seed).normal(size=n) * size).astype(dtype)
    exact = g.astype(np.float64)
    norm = clip_norm_of(g, limit)
    assert norm == pytest.approx(np.linalg.norm(exact), rel=1e-5)
    np.testing.assert_allclose(g, naive.clip_norm(exact, limit), rtol=1e-5)
    assert np.linalg.norm(g) <= limit * (1.0 + 1e-5)


@DTYPES
def test_a_gradient_within_the_limit_is_left_alone(dtype: type[np.floating[Any]]) -> None:
    g = np.linspace(-0.1, 0.1, 32).astype(dtype)
    before = g.tobytes()
    clip_norm_of(g, 1.0)
    assert g.tobytes() == before


@DTYPES
@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_becomes_zero(
    dtype: type[np.floating[Any]], broken: float
) -> None:
    g = np.ones(48, dtype)
    g[17] = broken
    assert not np.isfinite(clip_norm_of(g, 1.0))
    assert not g.any()


def test_a_gradient_whose_square_overflows_becomes_zero() -> None:
    g = np.full(16, 1e30, np.float32)
    clip_norm_of(g, 1.0)
    assert not g.any()


@DTYPES
@given(n=SIZES, at=st.integers(0, 9), seed=SEEDS, rate=st.floats(1e-4, 1.0))
@settings(max_examples=30)
def test_sgd_is_the_formula(
    dtype: type[np.floating[Any]], n: int, at: int, seed: int, rate: float
) -> None:
    random = np.random.default_rng(seed)
    p, g = random.normal(size=at + n + 3).astype(dtype), random.normal(size=n).astype(dtype)
    before = p.astype(np.float64)
    sgd_update(p, at, g, rate)
    wanted = naive.sgd(before[at : at + n], g.astype(np.float64), rate)
    np.testing.assert_allclose(p[at : at + n], wanted, rtol=0, atol=TOLERANCE[dtype])
    assert (p[:at] == before[:at]).all()
    assert (p[at + n :] == before[at + n :]).all()


@DTYPES
@given(n=SIZES, seed=SEEDS, rate=st.floats(1e-4, 1e-1), scale=st.floats(1e-4, 10.0))
@settings(max_examples=30)
def test_adam_is_the_algorithm_of_its_paper_over_many_updates(
    dtype: type[np.floating[Any]], n: int, seed: int, rate: float, scale: float
) -> None:
    random = np.random.default_rng(seed)
    at, m_at, v_at = 2, 3 + n, 4 + 2 * n
    row = np.zeros(5 + 3 * n, dtype)
    row[at : at + n] = random.normal(size=n)
    twin, p = naive.Adam(n), row[at : at + n].astype(np.float64)
    for step in range(1, 13):
        g = (random.normal(size=n) * scale).astype(dtype)
        adam_update(row, at, m_at, v_at, g, rate, float(step))
        p = twin.update(p, g.astype(np.float64), rate)
    np.testing.assert_allclose(row[at : at + n], p, rtol=0, atol=TOLERANCE[dtype] * 12)
    np.testing.assert_allclose(row[m_at : m_at + n], twin.m, rtol=0, atol=1e-5 * scale)
    np.testing.assert_allclose(row[v_at : v_at + n], twin.v, rtol=0, atol=1e-5 * scale**2)
    assert (row[:at] == 0.0).all()
    assert row[at + n] == row[m_at + n] == row[v_at + n] == 0.0


def test_the_first_step_of_adam_is_the_rate_whatever_the_size_of_the_gradient() -> None:
    for size in (1e-4, 1.0, 1e4):
        row = np.zeros(48)
        adam_update(row, 0, 16, 32, np.full(16, size), 0.01, 1.0)
        np.testing.assert_allclose(row[:16], -0.01, rtol=1e-3)


@given(n=SIZES, seed=SEEDS, rate=st.floats(1e-4, 1e-1), scale=st.floats(1e-3, 10.0))
@settings(max_examples=30)
def test_small_adam_is_adam_with_one_second_moment_for_sixteen_parameters(
    n: int, seed: int, rate: float, scale: float
) -> None:
    random = np.random.default_rng(seed)
    at, m_at, v_at = 2, 3 + n, 4 + n + n // 2
    row = np.zeros(5 + n + n // 2 + n // 16, np.float32)
    row[at : at + n] = random.normal(size=n)
    twin, p = naive.SmallAdam(n), row[at : at + n].astype(np.float64)
    for step in range(1, 13):
        g = (random.normal(size=n) * scale).astype(np.float32)
        small_adam_update(row, at, 2 * m_at, v_at, g, rate, float(step))
        p = twin.update(p, g.astype(np.float64), rate)
    # a rounding that falls the other way is 1 in 256 of the momentum
    np.testing.assert_allclose(row[at : at + n], p, rtol=0, atol=rate / 50.0)
    np.testing.assert_allclose(row[v_at : v_at + n // 16], twin.v, rtol=1e-5)
    assert (row[:at] == 0.0).all()
    assert row[at + n] == row[m_at + n // 2] == row[v_at + n // 16] == 0.0


def test_the_first_steps_of_small_adam_are_adams_for_the_smallest_gradients() -> None:
    """Where epsilon counts."""
    g = np.full(16, 1e-8, np.float32)
    row, small = np.zeros(48, np.float32), np.zeros(48, np.float32)
    for step in range(1, 4):
        adam_update(row, 0, 16, 32, g, 0.01, float(step))
        small_adam_update(small, 0, 2 * 16, 32, g, 0.01, float(step))
    np.testing.assert_allclose(small[:16], row[:16], rtol=1e-2)


def test_padding_stays_zero_under_small_adam() -> None:
    row, g = np.zeros(64, np.float32), np.zeros(32, np.float32)
    g[:20] = 1.0
    for step in range(1, 6):
        small_adam_update(row, 0, 2 * 32, 48, g, 0.1, float(step))
    assert row[:20].all()
    assert not row[20:32].any()


def test_padding_stays_zero_under_adam() -> None:
    row = np.zeros(96, np.float32)
    g = np.zeros(32, np.float32)
    g[:20] = 1.0
    for step in range(1, 6):
        adam_update(row, 0, 32, 64, g, 0.1, float(step))
    assert not row[20:32].any()
