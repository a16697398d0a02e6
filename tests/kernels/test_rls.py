from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect.linear import LAGS, follow_linearly
from streamrnn.kernels import rls
from streamrnn.kernels.jit import kernel
from tests.naive_evidence import Linear

BEGIN = 3  # where the state lies among other numbers


@kernel
def walk(r: np.ndarray, z: np.ndarray, in_order: np.ndarray, scratch: np.ndarray, out: np.ndarray):
    for t in range(len(z)):
        out[t] = follow_linearly(r, 3, z[t], float(t), in_order[t], scratch)


def errors(z: np.ndarray, in_order: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The errors, and P at the end."""
    out = np.zeros(len(z))
    row = np.full(rls.SIZE + 6, 7.0, np.float32)
    order = np.arange(len(z)) > 0 if in_order is None else in_order
    walk(row, z, order, np.zeros(16, np.float32), out)
    assert row[:BEGIN].tolist() == row[BEGIN + rls.SIZE :].tolist() == [7.0] * 3
    return out, row[BEGIN : BEGIN + rls.D**2].reshape(rls.D, rls.D)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 300))
@settings(max_examples=20, deadline=None)
def test_the_errors_are_those_of_the_normal_equations(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    z = np.clip(random.normal(size=n).cumsum() * 0.3, -10.0, 10.0)
    in_order = (random.random(n) > 0.03) & (np.arange(n) > 0)
    twin = Linear()
    wanted = [twin.error(v, in_order=bool(o)) for v, o in zip(z, in_order, strict=True)]
    np.testing.assert_allclose(errors(z, in_order)[0], wanted, rtol=0.02, atol=0.02)


def test_a_sine_is_forecast_within_a_hundred_values() -> None:
    found, _ = errors(np.sin(np.arange(400) / 5.0))
    assert np.abs(found[100:]).max() < 0.02


def test_the_matrix_stays_symmetric_and_positive_over_a_long_life() -> None:
    random = np.random.default_rng(0)
    z = np.sin(np.arange(200_000) / 40.0) + 1e-3 * random.normal(size=200_000)
    found, P = errors(z)
    assert (P == P.T).all()
    assert np.linalg.eigvalsh(P.astype(np.float64)).min() > 0.0
    assert np.abs(found[-1_000:]).max() < 0.05


def test_a_constant_stream_does_not_let_the_matrix_grow() -> None:
    _, P = errors(np.full(300_000, 0.5))
    assert np.trace(P) <= 1.01 * rls.D * rls.FIRST_P


def test_what_lies_across_a_gap_is_not_learned() -> None:
    z = np.ones(50)
    in_order = np.zeros(50, bool)
    _, P = errors(z, in_order)
    assert P.tolist() == (rls.FIRST_P * np.eye(rls.D)).tolist()
    assert LAGS == rls.D - 1


def test_far_values_leave_finite_weights() -> None:
    z = np.where(np.arange(5_000) % 97 == 0, 10.0, -10.0)
    assert np.isfinite(errors(z)[0]).all()
    assert errors(z)[0] == pytest.approx(errors(z)[0])
