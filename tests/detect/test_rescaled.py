"""Readings that were scaled one after another, put back into one scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank, layout
from streamrnn.detect.recipe import FINE, FIRST_STEPS
from streamrnn.detect.rescaled import rescaled
from streamrnn.kernels.bfloat16 import put_short
from streamrnn.kernels.jit import kernel
from tests import naive_faults
from tests.naive import bfloat16

AT = layout.channel(FINE)


@kernel
def call_rescaled(r: Any, first: int, end: int, mean: float, sd: float, steps: float) -> Any:
    return rescaled(r, first, end, mean, sd, steps)


def drifting(n: int) -> np.ndarray:
    values = np.random.default_rng(0).normal(20.0, 1.0, n)
    values[n // 2 :] += np.linspace(0.0, 9.0, n - n // 2)
    return values


@pytest.mark.parametrize("n", [20, 231, 300, 2_000])
def test_they_lie_as_they_came(n: int) -> None:
    values = drifting(n)
    bank = Bank(DetectorConfig())
    bank.step(np.full(n, bank.slot("s")), values, 1.7e9 + 60.0 * np.arange(n))
    stored = bank.to_arrays()
    numbers, row = stored["numbers"][0], stored["rows"][0]
    x, kept = 2 * layout.arrays(bank.config.hidden).x, int(numbers[AT + layout.LENGTH])
    mean, sd = numbers[AT + layout.MEAN], np.sqrt(numbers[AT + layout.VAR])
    found = call_rescaled(row, x, x + kept, mean, sd, numbers[AT + layout.STEPS])
    settled = max(int(FIRST_STEPS) - (n - kept), 0)
    # each is kept to one part in 256 of how far it lay from the mean
    farthest = np.abs(values - values[0]).max()
    np.testing.assert_allclose(
        (found * sd + mean)[settled:], values[n - kept :][settled:], rtol=0.0, atol=farthest / 256
    )


@given(
    st.lists(st.floats(-30.0, 30.0, width=32), min_size=1, max_size=40),
    st.integers(0, 60),
    st.floats(0.1, 10.0),
)
@settings(max_examples=100, deadline=None)
def test_the_kernel_does_as_the_naive_rule(z: list[float], more: int, sd: float) -> None:
    steps = float(len(z) + more)
    expected = naive_faults.rescaled(np.array([bfloat16(value) for value in z]), 5.0, sd, steps)
    padded = np.full(len(z) + 2, 9.0, np.float32)
    for i, value in enumerate(z):
        put_short(padded, 3 + i, value)
    found = call_rescaled(padded, 3, 3 + len(z), 5.0, sd, steps)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
