from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect.layout import (
    ANALOGUE_ERROR,
    NUMBERS,
    SHAPE_DISTANCE,
    SHAPE_NUMBERS,
    VECTOR,
    memory_size,
    shape,
)
from streamrnn.detect.recipe import SHAPE_LAGS, SHAPE_READINGS, SHAPE_WINDOWS
from streamrnn.detect.shapes import shape_distance
from streamrnn.kernels.jit import kernel
from tests.naive_evidence import Shapes

MEMORIES = range(len(SHAPE_LAGS))


def walk_of(memory: int) -> Any:
    """Walks one memory through z; compiled, as its place and sizes are constants in there."""
    at, readings, lags = shape(memory), SHAPE_READINGS[memory], SHAPE_LAGS[memory]
    window, forecasts = SHAPE_WINDOWS[memory], memory == 0

    @kernel
    def walk(n: Any, r: Any, z: Any, best: Any, out: Any) -> None:
        for t in range(len(z)):
            shape_distance(n, at, r, 2, z[t], readings, lags, window, forecasts, best)
            out[t, 0] = n[at + SHAPE_DISTANCE]
            out[t, 1] = n[at + ANALOGUE_ERROR]

    return walk


WALKS = [walk_of(memory) for memory in MEMORIES]


def walked(z: np.ndarray, m: int) -> np.ndarray:
    """(n, 2) of memory m: distance, error of the analogue."""
    out = np.zeros((len(z), 2))
    numbers = np.zeros(NUMBERS)
    row = np.zeros(memory_size(m) + 4, np.float32)
    WALKS[m](numbers, row, z, np.zeros(VECTOR, np.float32), out)
    assert row[:2].tolist() == row[-2:].tolist() == [0.0, 0.0]
    own = np.zeros(NUMBERS, bool)
    own[shape(m) : shape(m) + SHAPE_NUMBERS] = True
    assert not numbers[~own].any()
    return out


def distances(z: np.ndarray) -> np.ndarray:
    return walked(z, 1)[:, 0]


@pytest.mark.parametrize("m", MEMORIES)
@given(seed=st.integers(0, 2**32 - 1), n=st.sampled_from([1, 99, 900, 2_500]))
@settings(max_examples=8, deadline=None)
def test_the_distance_is_the_twins(m: int, seed: int, n: int) -> None:
    """Beyond the ring's end, too. A rounding that falls the other way may differ by 1 in 256."""
    z = np.random.default_rng(seed).normal(size=n)
    twin, wanted = Shapes(m), []
    for value in z:
        twin.add(value)
        wanted.append(twin.distance)
    found = walked(z, m)[:, 0]
    np.testing.assert_allclose(found, wanted, rtol=1e-2, atol=1e-4)


def test_what_followed_the_nearest_window_is_forecast() -> None:
    """Of two windows that are equally near up to rounding, either may be taken: so of no noise."""
    z = beat(3_000) + 0.3 * np.sin(2.0 * np.pi * np.arange(3_000) / 60.0)
    twin, wanted = Shapes(0), []
    for value in z:
        twin.add(value)
        wanted.append(twin.error)
    found = walked(z, 0)[:, 1]
    assert found[1_000:].max() < 0.2
    assert np.max(wanted[1_000:]) < 0.2
    z[2_500] += 1.0
    assert walked(z, 0)[2_500:2_510, 1].max() > 0.4


def beat(n: int, period: int = 60) -> np.ndarray:
    """A heart: one sharp beat a period."""
    return np.exp(-0.5 * ((np.arange(n) % period - 20) / 3.0) ** 2)


def test_a_pattern_seen_before_is_near() -> None:
    assert distances(beat(2_000))[1_000:].max() < 0.01


def test_a_pattern_never_seen_is_far() -> None:
    z = beat(2_000)
    z[1_800:1_830] = 0.0  # a beat is missing, another comes upside down
    z[1_860:1_890] *= -1.0
    found = distances(z)
    assert found[1_800:1_900].max() > 20.0 * found[1_000:1_800].max()


def test_a_shift_of_level_alone_is_forgotten_as_a_shape() -> None:
    z = np.random.default_rng(0).normal(size=3_000) * 0.1
    z[2_000:] += 3.0
    found = distances(z)
    assert found[2_500:].mean() == pytest.approx(found[1_000:2_000].mean(), rel=0.2)


def test_nothing_is_near_or_far_before_there_is_a_past() -> None:
    assert not distances(np.random.default_rng(1).normal(size=60)).any()


def test_what_swings_widely_may_come_again_less_exactly() -> None:
    """The same noise on a beat of twice the size: at most as far, by the share of it."""
    noise = 0.1 * np.random.default_rng(0).normal(size=3_000)
    small, large = distances(4.0 * beat(3_000) + noise), distances(8.0 * beat(3_000) + noise)
    assert large[2_000:].max() < 0.7 * small[2_000:].max()


def test_a_tremor_that_grows_is_far_however_small() -> None:
    z = 0.05 * np.random.default_rng(0).normal(size=3_000)
    z[2_500:] *= 6.0
    found = distances(z)
    assert found[2_500:2_700].max() > 2.0 * found[1_000:2_500].max()
