from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests import naive
from tests.kernels.compiled import parameter_count
from tests.kernels.windows import AT, Window, random_window, relative_error, windows

D = 3
NETWORKS = pytest.mark.parametrize(
    ("H", "relu"),
    [(H, relu) for H in (8, 16, 32) for relu in (False, True)],
    ids=lambda value: (
        {False: "tanh", True: "relu"}.get(value, str(value))
        if isinstance(value, bool)
        else str(value)
    ),
)


def naive_gradient(window: Window) -> naive.F64:
    arguments = (window.inputs, window.y, window.s0, window.limit, window.relu)
    gradient = naive.window_gradient(window.network, *arguments)
    return naive.pack(gradient, parameter_count(window.D, window.H))


def naive_loss(window: Window) -> float:
    arguments = (window.inputs, window.y, window.s0, window.limit, window.relu)
    return naive.window_loss(window.network, *arguments)


def smooth_windows(H: int, relu: bool, margin: float) -> st.SearchStrategy[Window]:
    # many units over many steps come near a kink of ReLU almost surely: fewer steps then
    longest = max(1, 40 // H) if relu else 20
    return windows(D, H, relu).filter(lambda w: longest >= w.T and w.is_smooth(margin))


@NETWORKS
@given(data=st.data())
@settings(max_examples=25)
def test_loss_and_gradient_of_a_window_are_the_formulas(
    H: int, relu: bool, data: st.DataObject
) -> None:
    window = data.draw(windows(D, H, relu).filter(lambda w: w.is_smooth(1e-9)))
    loss, gradient = window.gradient(np.float64)
    assert loss == pytest.approx(naive_loss(window), rel=1e-12, abs=1e-15)
    assert relative_error(gradient, naive_gradient(window)) <= 1e-11


@pytest.mark.parametrize(("H", "relu"), [(8, False), (16, True), (32, False)])
@given(data=st.data())
@settings(max_examples=25)
def test_a_float32_gradient_has_float32_precision(H: int, relu: bool, data: st.DataObject) -> None:
    window = data.draw(smooth_windows(H, relu, 1e-4))
    loss, gradient = window.gradient(np.float32)
    assert loss == pytest.approx(naive_loss(window), rel=1e-4, abs=1e-5)
    assert np.linalg.norm(gradient - naive_gradient(window)) <= 1e-4 * (
        np.linalg.norm(naive_gradient(window)) + 1.0
    )


@NETWORKS
@given(data=st.data())
@settings(max_examples=5)
def test_the_gradient_of_a_window_agrees_with_finite_differences_of_its_loss(
    H: int, relu: bool, data: st.DataObject
) -> None:
    window = data.draw(smooth_windows(H, relu, 3e-4))
    step = 1e-5
    wanted = np.zeros(parameter_count(D, H))
    for i in range(len(wanted)):
        losses = []
        for sign in (1.0, -1.0):
            p = window.p.copy()
            p[AT + i] += sign * step
            losses.append(dataclasses.replace(window, p=p).gradient(np.float64)[0])
        wanted[i] = (losses[0] - losses[1]) / (2 * step)
    found = window.gradient(np.float64)[1]
    # below it, a difference of losses is rounding error
    assume(np.linalg.norm(found) > 1e-3)
    assert relative_error(found, wanted) <= 1e-6


@given(window=windows(D, 8, False).filter(lambda w: w.is_smooth(3e-4)))
@settings(max_examples=5)
def test_the_naive_gradient_agrees_with_finite_differences_too(window: Window) -> None:
    step = 1e-5
    wanted = np.zeros(parameter_count(D, 8))
    for i in range(len(wanted)):
        e = np.zeros_like(window.p)
        e[AT + i] = step
        above, below = (dataclasses.replace(window, p=window.p + d) for d in (e, -e))
        wanted[i] = (naive_loss(above) - naive_loss(below)) / (2 * step)
    assert relative_error(naive_gradient(window), wanted) <= 1e-6


def test_a_window_without_any_target_has_no_loss_and_no_gradient() -> None:
    window = random_window(D, 8, False, 12, True, 1)
    loss, gradient = dataclasses.replace(window, y=np.full(12, np.nan)).gradient(np.float32)
    assert loss == 0.0
    assert not gradient.any()


def test_one_wild_target_cannot_own_the_window() -> None:
    """Beyond the limit an error pulls with the same force however large it is."""
    window = random_window(D, 8, False, 12, True, 2)
    gradients = []
    for wild in (1e3, 1e30):
        y = window.y.copy()
        y[5] = wild
        gradients.append(dataclasses.replace(window, y=y).gradient(np.float32)[1])
    assert gradients[0].tobytes() == gradients[1].tobytes()


def test_the_same_window_gives_the_same_bits() -> None:
    window = random_window(D, 8, False, 16, True, 3)
    first, second = (window.gradient(np.float32) for _ in range(2))
    assert first[0] == second[0]
    assert first[1].tobytes() == second[1].tobytes()
