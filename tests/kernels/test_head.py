from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import naive
from tests.kernels.compiled import filled, make_network, parameter_count
from tests.kernels.windows import AT, Window, relative_error, windows

D, H = 3, 8


def run_backward(window: Window, do: naive.F64) -> tuple[naive.F64, naive.F64]:
    """(g, ds) from zeros."""
    states, _ = naive.run(window.network, window.inputs, window.s0, window.relu)
    g, ds = np.zeros(parameter_count(D, H)), filled(np.float64, window.T * H)
    make_network(D, H, 0).head_backward(window.p, AT, g, np.concatenate(states), do, ds, window.T)
    return g, ds


@given(window=windows(D, H, False), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_the_backward_of_the_head_agrees_with_finite_differences(window: Window, seed: int) -> None:
    """Of L = sum_t r_t o_t with any r, by the parameters and by each state."""
    step = 1e-5
    r = np.random.default_rng(seed).normal(size=window.T)
    found, ds = run_backward(window, r)
    states = np.array(naive.run(window.network, window.inputs, window.s0, False)[0][1:])

    def loss(flat: naive.F64, states: naive.F64) -> float:
        network = naive.unpack(flat, D, H)
        return math.fsum(
            weight * naive.head_output(network, s) for weight, s in zip(r, states, strict=True)
        )

    flat = window.p[AT:]
    by_parameters = [
        (loss(flat + e, states) - loss(flat - e, states)) / (2 * step)
        for e in step * np.eye(len(flat))
    ]
    assert relative_error(found, np.array(by_parameters)) <= 1e-6
    by_states = [
        (loss(flat, states + e) - loss(flat, states - e)) / (2 * step)
        for e in step * np.eye(states.size).reshape(-1, *states.shape)
    ]
    assert relative_error(ds, np.array(by_states)) <= 1e-6


@given(window=windows(D, H, False))
@settings(max_examples=10)
def test_no_error_anywhere_is_no_gradient_anywhere(window: Window) -> None:
    g, ds = run_backward(window, np.zeros(window.T))
    assert not g.any()
    assert not ds.any()


@pytest.mark.parametrize("field", ["V", "c"])
def test_each_part_of_the_head_carries_its_own_share(field: str) -> None:
    """With one part set and the others zero, the output is that part's alone."""
    nothing = naive.Network(np.zeros((H, D)), np.zeros((H, H)), np.zeros(H), np.zeros(H), 0.0)
    parts: dict[str, Any] = {"V": np.arange(H) + 1.0, "c": 7.0}
    # with b = 1 in a ReLU cell and no other weights every state is exactly 1
    network = nothing._replace(b=np.ones(H))._replace(**{field: parts[field]})
    p = naive.pack(network, parameter_count(D, H))
    o = make_network(D, H, 1).step(p, 0, np.zeros(D), np.zeros(H), np.zeros(H))
    assert o == {"V": 36.0, "c": 7.0}[field]
