from __future__ import annotations

import sys
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.kernels.jit import compiled_for, kernel, short_kernel
from streamrnn.kernels.native import address_of, array_at, call_at, native_address


@numba.njit
def double_at(address: int, rows: int, columns: int) -> Any:
    a = array_at(address, (rows, columns), np.float64)
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            a[i, k] *= 2.0
    return a.sum()


@kernel
def weighted_sum(a: Any, weight: int) -> Any:
    """An int, as `call_at` wants it; -1 is an error."""
    if weight < 0:
        raise ValueError("weights are not negative")
    total = 0
    for i in range(len(a)):
        total += a[i] * weight
    return total


@short_kernel
def called(address: int, a: Any, weight: int) -> Any:
    return call_at(address, a, weight)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_an_array_at_an_address_is_that_array(rows: int, columns: int, seed: int) -> None:
    a = np.random.default_rng(seed).normal(size=(rows, columns))
    doubled = 2.0 * a
    for double in (double_at, double_at.py_func):
        b = a.copy()
        assert double(address_of(b), rows, columns) == pytest.approx(doubled.sum())
        np.testing.assert_array_equal(b, doubled)


def test_outside_compiled_code_the_shape_may_be_a_number_and_numbers_those_of_numpy() -> None:
    a = np.arange(6, dtype=np.int64)
    found = array_at(np.int64(address_of(a)), np.int64(4), np.int64)
    np.testing.assert_array_equal(found, a[:4])
    found[0] = 9
    assert a[0] == 9


@given(st.lists(st.integers(-1000, 1000), max_size=8), st.integers(0, 1000))
def test_a_kernel_is_called_by_its_address(numbers: list[int], weight: int) -> None:
    a = np.array(numbers, np.int64)
    address = native_address(weighted_sum, a[:0], 0)
    assert called(address, a, weight) == weight * sum(numbers)


def test_an_error_of_a_kernel_called_by_its_address_is_the_callers() -> None:
    a = np.arange(3)
    with pytest.raises(ValueError, match="not negative"):
        called(native_address(weighted_sum, a, 1), a, -1)


def test_calls_by_address_leave_the_count_of_references_alone() -> None:
    a = np.arange(3)
    address = native_address(weighted_sum, a, 1)
    called(address, a, 1)
    before = sys.getrefcount(a)
    for _ in range(10):
        called(address, a, 1)
    assert sys.getrefcount(a) == before


def test_a_kernel_compiled_for_types_does_what_the_kernel_does() -> None:
    a = np.arange(4)
    for_ints = compiled_for(weighted_sum, a, 1)
    assert for_ints(a, 3) == weighted_sum(a, 3) == 18
