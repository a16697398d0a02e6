from __future__ import annotations

import sys
from typing import Any

import numba
import numpy as np

from streamrnn.kernels.memory import borrowed, prefetch


@numba.njit
def views_of_counted(a: Any) -> Any:
    for i in range(a.shape[0]):
        row, other = a[i], a[a.shape[0] - 1 - i]
        if row[0] < 0.0:
            return i
        if other[0] > 2.0:
            continue
        for k in range(row.shape[0]):
            row[k] += k
    return a.shape[0]


@numba.njit
def views_of_borrowed(a: Any) -> Any:
    a = borrowed(a)
    for i in range(a.shape[0]):
        row, other = a[i], a[a.shape[0] - 1 - i]
        prefetch(row, 0)
        if row[0] < 0.0:
            return i
        if other[0] > 2.0:
            continue
        for k in range(row.shape[0]):
            row[k] += k
    return a.shape[0]


def test_a_borrowed_array_is_the_same_array() -> None:
    plain, lent = np.ones((3, 5)), np.ones((3, 5))
    views_of_counted(plain)
    views_of_borrowed(lent)
    np.testing.assert_array_equal(lent, plain)


def test_views_of_a_borrowed_array_are_not_counted() -> None:
    a = np.ones((3, 5))
    views_of_counted(a)
    views_of_borrowed(a)
    assert counts(views_of_borrowed) < counts(views_of_counted)


def counts(function: Any) -> int:
    """Places at which the compiled code changes a count of references."""
    (code,) = function.inspect_llvm().values()
    return code.count("call void @NRT_")


def test_what_was_borrowed_still_belongs_to_its_owner_alone() -> None:
    a = np.ones((3, 5))
    views_of_borrowed(a)
    before = sys.getrefcount(a)
    views_of_borrowed(a)
    assert sys.getrefcount(a) == before


def test_outside_compiled_code_nothing_happens() -> None:
    a = np.arange(4.0)
    assert borrowed(a) is a
    prefetch(a, 2)
    np.testing.assert_array_equal(a, np.arange(4.0))
