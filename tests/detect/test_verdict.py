from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.recipe import (
    FINE,
    FIRST_STEPS,
    KEPT_LIMIT,
    SCALE_REACH,
)
from streamrnn.detect.verdict import learn_scale, scaled

AT = layout.channel(FINE)


def clipped_moments(values: list[float]) -> tuple[float, float]:
    """Mean and standard deviation of the values, each clipped to SCALE_REACH of those before it."""
    kept: list[float] = []
    for x in values:
        sd = np.std(kept) if len(kept) >= FIRST_STEPS else 0.0
        reach = SCALE_REACH * sd if sd > 0.0 else np.inf
        centre = np.mean(kept) if kept else 0.0
        kept.append(float(np.clip(x, centre - reach, centre + reach)))
    return float(np.mean(kept)), float(np.std(kept))


def changes_early(values: list[float]) -> bool:
    return len(set(values[: int(FIRST_STEPS)])) > 1


# no numbers so small that their square is none
VALUES = st.integers(-(10**7), 10**7).map(lambda k: k / 16.0)


@given(st.lists(VALUES, min_size=2, max_size=50), st.floats(-1e9, 1e9))
def test_a_value_is_scaled_by_those_before_it(past: list[float], x: float) -> None:
    numbers = np.zeros(layout.NUMBERS)
    for value in past:
        learn_scale(numbers, AT, FINE, value)
    z = scaled(numbers, AT, x)
    assert -KEPT_LIMIT <= z <= KEPT_LIMIT
    mean, sd = clipped_moments(past)
    if sd > 1e-3 and changes_early(past):
        exact = (x - mean) / sd
        assert z == pytest.approx(np.clip(exact, -KEPT_LIMIT, KEPT_LIMIT), rel=1e-3, abs=1e-3)


def test_one_absurd_value_moves_the_scale_no_farther_than_its_reach() -> None:
    numbers = np.zeros(layout.NUMBERS)
    for value in [20.0, 21.0] * 50:
        learn_scale(numbers, AT, FINE, value)
    learn_scale(numbers, AT, FINE, 1e300)
    assert numbers[AT + layout.MEAN] < 21.0
    assert np.sqrt(numbers[AT + layout.VAR]) < 1.0


def test_a_value_of_a_stream_that_never_changed_is_its_mean() -> None:
    numbers = np.zeros(layout.NUMBERS)
    learn_scale(numbers, AT, FINE, 20.0)
    assert scaled(numbers, AT, 1e9) == 0.0
