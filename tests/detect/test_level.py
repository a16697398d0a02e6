from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.level import AT, level_distance
from streamrnn.detect.recipe import LEVEL_LIMIT
from tests.naive_evidence import Level


def distances(values: np.ndarray) -> np.ndarray:
    """The scale being that of all values before."""
    numbers, found = np.zeros(layout.NUMBERS), []
    for k, value in enumerate(values):
        numbers[AT + layout.VAR] = values[:k].var() if k else 0.0
        found.append(level_distance(numbers, value))
        numbers[AT + layout.STEPS] += 1.0
    return np.array(found)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 400))
@settings(max_examples=15, deadline=None)
def test_the_distance_is_the_twins(seed: int, n: int) -> None:
    values = np.random.default_rng(seed).standard_t(2, n)
    twin = Level()
    wanted = [
        twin.distance(float(value), math.sqrt(values[:k].var()) if k else 0.0)
        for k, value in enumerate(values)
    ]
    np.testing.assert_allclose(distances(values), wanted, rtol=1e-9)


def test_a_level_that_was_left_stays_far_for_as_long_as_it_lasts() -> None:
    values = np.random.default_rng(0).normal(size=3_000)
    values[2_000:] += 8.0
    found = distances(values)
    assert found[1_000:2_000].max() < 3.0
    assert found[2_050:2_500].min() > 5.0


def test_a_door_that_is_seldom_open_is_never_infinitely_far() -> None:
    values = np.where(np.arange(4_000) % 400 < 3, 1.0, 0.0)
    assert distances(values)[1_000:].max() < 30.0


def test_a_constant_stream_has_no_distance() -> None:
    assert not distances(np.full(300, 7.0)).any()


def test_an_absurd_value_is_as_far_as_any() -> None:
    values = np.append(np.random.default_rng(1).normal(size=500), 1e12)
    assert distances(values)[-1] == LEVEL_LIMIT
