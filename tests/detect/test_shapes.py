from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect.layout import SHAPE, SHAPE_DISTANCE, SHAPE_NUMBERS, SHAPE_SIZE, VECTOR
from streamrnn.detect.shapes import shape_distance
from streamrnn.kernels.jit import kernel
from tests.naive_detector import Shapes


@kernel
def walk(n: Any, r: Any, z: Any, best: Any, out: Any) -> None:
    for t in range(len(z)):
        shape_distance(n, r, 2, z[t], best)
        out[t] = n[SHAPE + SHAPE_DISTANCE]


def distances(z: np.ndarray) -> np.ndarray:
    out = np.zeros(len(z))
    numbers, row = np.zeros(SHAPE + SHAPE_NUMBERS), np.zeros(SHAPE_SIZE + 4, np.float32)
    walk(numbers, row, z, np.zeros(VECTOR, np.float32), out)
    assert row[:2].tolist() == row[-2:].tolist() == [0.0, 0.0]
    return out


@given(seed=st.integers(0, 2**32 - 1), n=st.sampled_from([1, 99, 900, 2_500]))
@settings(max_examples=10, deadline=None)
def test_the_distance_is_the_twins(seed: int, n: int) -> None:
    """Beyond the ring's end, too. A rounding that falls the other way may differ by 1 in 256."""
    z = np.random.default_rng(seed).normal(size=n)
    twin = Shapes()
    wanted = [twin.add(value) for value in z]
    np.testing.assert_allclose(distances(z), wanted, rtol=5e-3, atol=1e-4)


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
