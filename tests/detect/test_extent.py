from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.extent import overshoot
from streamrnn.detect.recipe import RANGE_MARGIN, RANGE_WARM_READINGS
from tests import naive_detector

# no numbers so small that a range of them cannot be told from none
VALUES = st.lists(st.integers(-(10**6), 10**6).map(lambda k: k / 64.0), min_size=1, max_size=50)


def feed(values: list[float], usual_step: float = 0.0) -> list[float]:
    """The overshoots of a stream that counts as grown up from its second reading on."""
    numbers, found = np.zeros(layout.NUMBERS), []
    for value in values:
        found.append(overshoot(numbers, value, usual_step))
        numbers[layout.VALUE] = value
        numbers[layout.READINGS] = RANGE_WARM_READINGS
    return found


@given(VALUES, st.floats(0.0, 1e5))
def test_the_overshoot_is_the_twins(values: list[float], usual_step: float) -> None:
    twin = naive_detector.overshoot
    wanted = [twin(values[:k], value, usual_step, False) for k, value in enumerate(values)]
    assert feed(values, usual_step) == pytest.approx(wanted)


def test_a_young_stream_leaves_its_range_only_by_more_than_all_of_it() -> None:
    numbers = np.zeros(layout.NUMBERS)
    for k, value in enumerate((0.0, 1.0, 1.0, 1.9, 1.9, 3.0)):
        numbers[layout.READINGS] = k
        assert overshoot(numbers, value, 0.0) < 1.0
        numbers[layout.VALUE] = value
    assert overshoot(numbers, 7.0, 0.0) > 1.0
    numbers[layout.READINGS] = RANGE_WARM_READINGS
    assert overshoot(numbers, 7.0, 0.0) > 1.0


def test_a_step_no_larger_than_usual_is_not_out_of_range() -> None:
    assert feed([0.0, 1.0, 1.0, 1.4], usual_step=0.5)[-1] == pytest.approx(0.8)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_stream_that_never_changed_has_no_range_to_leave(usual: float, new: float) -> None:
    assert feed([usual] * 20 + [new])[-1] == 0.0


def test_one_is_a_margin_beyond_the_range_on_either_side() -> None:
    assert feed([0.0, 1.0, 1.0, 1.0 + RANGE_MARGIN])[-1] == pytest.approx(1.0)
    assert feed([0.0, 1.0, 1.0, -RANGE_MARGIN])[-1] == pytest.approx(1.0)


@given(VALUES)
def test_what_was_seen_twice_in_a_row_is_within_the_range_for_good(values: list[float]) -> None:
    twice = [value for value in values for _ in range(2)]
    assert feed(twice + values)[len(twice) :] == pytest.approx([0.0] * len(values), abs=1e-6)


def test_one_absurd_value_does_not_open_the_range_for_good() -> None:
    assert feed([0.0, 1.0, 1.0, 1e9, 0.5, 60.0])[-1] > 1.0
