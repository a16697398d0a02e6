from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.extent import overshoot
from streamrnn.detect.recipe import RANGE_MARGIN
from tests import naive_detector

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


def feed(values: list[float]) -> list[float]:
    numbers, found = np.zeros(layout.NUMBERS), []
    for value in values:
        found.append(overshoot(numbers, value))
        numbers[layout.READINGS] += 1.0
    return found


@given(VALUES)
def test_the_overshoot_is_the_twins(values: list[float]) -> None:
    wanted = [naive_detector.overshoot(values[:k], value) for k, value in enumerate(values)]
    assert feed(values) == pytest.approx(wanted)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_stream_that_never_changed_has_no_range_to_leave(usual: float, new: float) -> None:
    assert feed([usual] * 20 + [new])[-1] == 0.0


def test_one_is_a_margin_beyond_the_range_on_either_side() -> None:
    assert feed([0.0, 1.0, 1.0 + RANGE_MARGIN])[-1] == pytest.approx(1.0)
    assert feed([0.0, 1.0, -RANGE_MARGIN])[-1] == pytest.approx(1.0)


@given(VALUES)
def test_what_was_seen_once_is_within_the_range_for_good(values: list[float]) -> None:
    assert not any(feed(values + values)[len(values) :])
