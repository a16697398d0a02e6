from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamrnn.kernels import vector
from tests.kernels.compiled import (
    LANEWISE,
    filled,
    make_lanewise,
    make_total,
    tanh_of,
)

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
TANH_ERROR = 4e-7


def dense_grid() -> NDArray[np.float32]:
    """Every size of argument, either sign: tiny, the bend, the clamp, and as large as floats go."""
    bend = np.linspace(0.0, 12.0, 400_000)
    rest = np.geomspace(1e-38, 3e38, 20_000)
    grid = np.concatenate([bend, rest, [np.finfo(np.float32).max, np.inf, 0.0]])
    grid = np.concatenate([grid, -grid]).astype(np.float32)
    return np.concatenate([grid, np.zeros(-len(grid) % 16, np.float32)])


# every width once; float64 differs in no way that depends on the width, so a few do
@pytest.mark.parametrize(
    ("dtype", "lanes"),
    [(np.float32, lanes) for lanes in range(1, 33)]
    + [(np.float64, lanes) for lanes in (1, 2, 3, 8, 16, 31, 32)],
)
def test_every_lane_wise_operation_is_numpys(dtype: type[np.floating[Any]], lanes: int) -> None:
    random = np.random.default_rng(lanes)
    a, b = random.normal(0.0, 3.0, 64).astype(dtype), random.normal(0.0, 3.0, 64).astype(dtype)
    b = np.abs(b) + dtype(0.1)
    a[:40:3] = 0.0
    x = dtype(1.7)
    out = filled(dtype, len(LANEWISE) * lanes)
    make_lanewise(lanes)(a, 7, b, 11, x, out)
    v, w = a[7 : 7 + lanes], b[11 : 11 + lanes]
    with np.errstate(divide="ignore"):
        wanted: dict[str, Any] = {
            "copy": v, "v + w": v + w, "v - w": v - w, "v * w": v * w, "v / w": v / w,
            "lower(v, w)": np.minimum(v, w), "upper(v, w)": np.maximum(v, w),
            "v + x": v + x, "v - x": v - x, "v * x": v * x, "v / x": v / x,
            "lower(v, x)": np.minimum(v, x), "upper(v, x)": np.maximum(v, x),
            "x + v": x + v, "x - v": x - v, "x * v": x * v, "x / v": x / v,
            "positive(v)": v > 0, "sqrt(w)": np.sqrt(w), "tanh(v)": np.tanh(v),
            "chosen(v, w, w, v)": np.maximum(v, w),
        }  # fmt: skip
    tolerance = 4 * float(np.finfo(dtype).eps)
    for name, found in zip(LANEWISE, out.reshape(-1, lanes), strict=True):
        absolute = TANH_ERROR if name == "tanh(v)" else 0.0
        np.testing.assert_allclose(found, wanted[name], tolerance, absolute, err_msg=name)


@DTYPES
@pytest.mark.parametrize("lanes", [3, 16])
def test_a_store_writes_its_lanes_and_nothing_beside_them(
    lanes: int, dtype: type[np.floating[Any]]
) -> None:
    out = filled(dtype, (len(LANEWISE) + 1) * lanes)
    ones = np.ones(64, dtype)
    make_lanewise(lanes)(ones, 0, ones, 0, dtype(1), out)
    assert np.isfinite(out[:-lanes]).all()
    assert np.isnan(out[-lanes:]).all()


@DTYPES
@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16, 32])
def test_a_total_is_the_sum_of_its_lanes_alone(lanes: int, dtype: type[np.floating[Any]]) -> None:
    a = np.random.default_rng(lanes).normal(size=64).astype(dtype)
    a[:3], a[3 + lanes :] = np.nan, np.nan
    found = make_total(lanes)(a, 3)
    wanted = np.sum(a[3 : 3 + lanes], dtype=np.float64)
    assert found == pytest.approx(wanted, rel=0, abs=lanes * float(np.finfo(dtype).eps) * 3)


def test_float32_tanh_keeps_its_bound_from_minus_to_plus_infinity() -> None:
    grid = dense_grid()
    found = filled(np.float32, len(grid))
    tanh_of(grid, found)
    assert np.abs(found - np.tanh(grid.astype(np.float64))).max() <= TANH_ERROR
    assert np.abs(found).max() <= 1.0


def test_float32_tanh_keeps_the_sign_and_never_falls_by_more_than_its_error() -> None:
    grid = np.sort(dense_grid())
    found = filled(np.float32, len(grid))
    tanh_of(grid, found)
    assert (np.sign(found)[np.abs(grid) > 1e-30] == np.sign(grid)[np.abs(grid) > 1e-30]).all()
    assert np.diff(found).min() >= -TANH_ERROR


def test_float64_tanh_is_exact() -> None:
    grid = dense_grid().astype(np.float64)
    found = filled(np.float64, len(grid))
    tanh_of(grid, found)
    np.testing.assert_allclose(found, np.tanh(grid), rtol=1e-15)


@given(st.integers(0, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_the_plain_python_form_of_a_vector_gives_what_the_compiled_one_does(
    log2_lanes: int, seed: int
) -> None:
    lanes = 2**log2_lanes
    a = np.random.default_rng(seed).normal(0.0, 3.0, 40).astype(np.float32)
    compiled = filled(np.float32, len(LANEWISE) * lanes)
    b = np.abs(a) + np.float32(0.1)
    make_lanewise(lanes)(a, 1, b, 2, np.float32(0.5), compiled)
    plain = filled(np.float32, len(LANEWISE) * lanes)
    make_lanewise(lanes).py_func(a, 1, b, 2, np.float32(0.5), plain)
    # not bit for bit: the compiler may fuse a multiplication with an addition
    np.testing.assert_allclose(compiled, plain, rtol=1e-6)
    assert make_total(lanes)(a, 1) == pytest.approx(float(vector.total(a[1 : 1 + lanes])), abs=1e-5)
