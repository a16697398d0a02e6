from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import naive
from tests.kernels.compiled import filled, make_network, parameter_count
from tests.kernels.windows import AT, Window, random_window, relative_error, windows

TOLERANCE = {np.float32: 2e-5, np.float64: 1e-12}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("relu", [False, True], ids=["tanh", "relu"])
@pytest.mark.parametrize(("D", "H"), [(1, 8), (3, 16), (5, 32)])
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_a_step_is_the_formula(
    D: int, H: int, relu: bool, dtype: type[np.floating[Any]], seed: int
) -> None:
    window = random_window(D, H, relu, 1, False, seed)
    out = filled(dtype, H)
    arrays = (window.p.astype(dtype), AT, window.x.astype(dtype), window.s0.astype(dtype))
    o = make_network(D, H, int(relu)).step(*arrays, out)
    s = naive.elman_step(window.network, window.x, window.s0, relu)
    np.testing.assert_allclose(out, s, rtol=0, atol=TOLERANCE[dtype])
    wanted = naive.head_output(window.network, s)
    assert o == pytest.approx(wanted, rel=0, abs=10 * TOLERANCE[dtype])


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_a_step_in_place_is_the_same_step(seed: int) -> None:
    window = random_window(3, 16, False, 1, False, seed)
    kernels = make_network(3, 16, 0)
    arrays = [a.astype(np.float32) for a in (window.p, window.x, window.s0)]
    beside = filled(np.float32, 16)
    kernels.step(arrays[0], AT, arrays[1], arrays[2], beside)
    kernels.step(arrays[0], AT, arrays[1], arrays[2], arrays[2])
    assert arrays[2].tobytes() == beside.tobytes()


def states_of(window: Window, network: naive.Network) -> naive.F64:
    return np.concatenate(naive.run(network, window.inputs, window.s0, window.relu)[0])


@pytest.mark.parametrize("relu", [False, True], ids=["tanh", "relu"])
@given(data=st.data())
@settings(max_examples=15)
def test_the_backward_of_the_cell_agrees_with_finite_differences(
    relu: bool, data: st.DataObject
) -> None:
    """Of L = sum_t r_t . s_t with any r: what the outputs ask of the states."""
    D, H, step = 3, 8, 1e-5
    window = data.draw(windows(D, H, relu).filter(lambda w: w.is_smooth(1e-3)))
    T, P = window.T, parameter_count(D, H)
    r = np.random.default_rng(T).normal(size=T * H)

    def loss(flat: naive.F64) -> float:
        return float(r @ states_of(window, naive.unpack(flat, D, H))[H:])

    found = np.zeros(P)
    make_network(D, H, int(relu)).cell_backward(
        window.p, AT, found, window.x, window.stride, states_of(window, window.network), r.copy(),
        filled(np.float64, H * H), T,
    )  # fmt: skip
    nudges = step * np.eye(P)
    flat = window.p[AT:]
    wanted = np.array([(loss(flat + e) - loss(flat - e)) / (2 * step) for e in nudges])
    assert relative_error(found, wanted) <= 1e-6


def test_the_backward_of_the_cell_adds_to_the_gradient_that_is_there() -> None:
    window = random_window(3, 8, False, 6, True, 0)
    kernels, P = make_network(3, 8, 0), parameter_count(3, 8)
    states = states_of(window, window.network)
    gradients = []
    for start in (0.0, 1.0):
        g = np.full(P, start)
        ds = np.ones(window.T * 8)
        kernels.cell_backward(window.p, AT, g, window.x, 1, states, ds, np.zeros(64), window.T)
        gradients.append(g)
    cell = 3 * 8 + 8 * 8 + 8
    np.testing.assert_allclose(gradients[1][:cell] - gradients[0][:cell], 1.0, atol=1e-12)
    assert (gradients[1][cell:] == 1.0).all()
