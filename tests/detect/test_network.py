from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.network import gather_inputs, remember
from streamrnn.detect.recipe import COARSE, FINE, HISTORY, INPUTS, MARKS, STRIDE, WINDOW, Z_LIMIT
from streamrnn.kernels.bfloat16 import put_short, short_at, widened

AT = layout.channel(COARSE)
X = 3  # counts bfloat16


def remembered(values: list[float], gaps: set[int]) -> np.ndarray:
    """The history after the values, those in `gaps` coming after one."""
    numbers, row = np.zeros(layout.NUMBERS), np.zeros(HISTORY // 2 + 5, np.float32)
    for k, z in enumerate(values):
        if k in gaps:
            numbers[AT + layout.RUN] = 0.0
        place = remember(numbers, AT, row, X, z)
        assert short_at(row, X + place) == z
        numbers[AT + layout.RUN] += 1.0
    shorts = row.view(np.uint16)
    assert not shorts[:X].any()
    assert not shorts[X + HISTORY :].any()
    return widened(shorts[X : X + int(numbers[AT + layout.LENGTH])])


@given(n=st.integers(1, 4 * HISTORY), gaps=st.sets(st.integers(1, 4 * HISTORY), max_size=5))
@settings(max_examples=40)
def test_the_history_is_the_end_of_all_values_whatever_gaps_there_were(
    n: int, gaps: set[int]
) -> None:
    values = [float(k % 251) for k in range(n)]  # those a bfloat16 holds exactly
    x = remembered(values, gaps)
    assert x.tolist() == values[n - len(x) :]


@given(st.integers(1, 5 * HISTORY))
@settings(max_examples=30)
def test_the_history_never_forgets_what_a_window_may_need(n: int) -> None:
    x = remembered([0.5] * n, set())
    assert min(n, max(WINDOW) + INPUTS + 1) <= len(x) <= HISTORY


def gathered(c: int, values: list[float], T: int, block: float = 0.0) -> np.ndarray:
    u = np.full((T + 1) * INPUTS, np.nan, np.float32)
    row = np.full(len(values) // 2 + 2, np.nan, np.float32)
    for k, value in enumerate(values):
        put_short(row, 2 + k, value)
    gather_inputs(u, c, row, 2, 2 + len(values) - 1, T, block, 600.0)
    assert np.isnan(u[T * INPUTS :]).all()
    return u[: T * INPUTS].reshape(T, INPUTS)


def test_the_fine_network_sees_the_value_and_those_before_it() -> None:
    u = gathered(FINE, [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0], 2)
    assert u.tolist() == [[3.0, 2.0, 1.0, 0.0, -1.0], [4.0, 3.0, 2.0, 1.0, 0.0]]


def test_before_the_beginning_the_fine_network_sees_zeros() -> None:
    assert gathered(FINE, [1.0, 2.0], 4).tolist() == [
        [0.0] * 5,
        [0.0] * 5,
        [1.0, 0.0, 0.0, 0.0, 0.0],
        [2.0, 1.0, 0.0, 0.0, 0.0],
    ]


def test_the_networks_see_limited_values() -> None:
    assert gathered(FINE, [1.0, -1e3, 1e3], 1)[0].tolist() == [Z_LIMIT, -Z_LIMIT, 1.0, 0.0, 0.0]
    assert gathered(COARSE, [1.0, 1e3], 2)[:, 0].tolist() == [1.0, Z_LIMIT]


@given(st.integers(0, 10**7), st.integers(1, 20))
@settings(max_examples=30)
def test_the_coarse_network_sees_the_time_of_the_block_to_come(block: int, T: int) -> None:
    u = gathered(COARSE, [k / 4.0 for k in range(20)], T, float(block))
    for t in range(T):
        k = 20 - T + t
        seconds = (block - (T - 1 - t)) * 600.0
        day, week = seconds / 86_400.0 * 2 * np.pi, seconds / 604_800.0 * 2 * np.pi
        wanted = [k / 4.0, np.sin(day), np.cos(day), np.sin(week), np.cos(week)]
        np.testing.assert_allclose(u[t], wanted, atol=1e-5)


@pytest.mark.parametrize("c", [FINE, COARSE])
def test_the_state_before_a_window_is_still_marked_when_it_is_trained(c: int) -> None:
    assert WINDOW[c] % STRIDE[c] == 0
    assert WINDOW[c] // STRIDE[c] < MARKS
