from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.blocks import close_block
from streamrnn.detect.recipe import BLOCK_READINGS, INTERVAL_READINGS, REBLOCK_FACTOR
from tests.naive_detector import Blocks


def stream(interval: float) -> np.ndarray:
    """A stream's row once the interval is known."""
    numbers = np.zeros(layout.NUMBERS)
    numbers[layout.READINGS] = INTERVAL_READINGS
    numbers[layout.INTERVAL] = interval
    return numbers


def feed(numbers: np.ndarray, times: list[float]) -> list[tuple[float, float]]:
    """Every reading's value is its time; the blocks that ended."""
    closed = [close_block(numbers, time, time) for time in times]
    return [(mean, empty) for mean, _, empty in closed if not math.isnan(mean)]


def test_blocks_are_cut_at_multiples_of_their_length() -> None:
    length = int(BLOCK_READINGS)
    closed = feed(stream(1.0), [float(t) for t in range(3 * length + 1)])
    middles = [(length - 1) / 2 + k * length for k in range(3)]
    assert closed == [(middle, 0.0) for middle in middles]


def test_no_block_is_begun_before_the_interval_is_known() -> None:
    numbers = stream(1.0)
    numbers[layout.READINGS] = INTERVAL_READINGS - 1.0
    assert feed(numbers, [0.0, 1e6]) == []
    assert numbers[layout.BLOCK_SECONDS] == 0.0


def test_empty_blocks_in_between_are_counted() -> None:
    length = BLOCK_READINGS
    assert feed(stream(1.0), [0.0, 4.5 * length]) == [(0.0, 3.0)]


def test_a_clock_set_back_ends_the_block_as_a_long_gap_does() -> None:
    assert feed(stream(1.0), [1000.0, 10.0]) == [(1000.0, math.inf)]


def test_blocks_are_cut_anew_when_the_interval_has_changed_much() -> None:
    numbers = stream(1.0)
    feed(numbers, [0.0, 1.0])
    numbers[layout.INTERVAL] = 0.99 * REBLOCK_FACTOR
    assert feed(numbers, [2.0]) == []
    numbers[layout.INTERVAL] = 1.01 * REBLOCK_FACTOR
    assert feed(numbers, [3.0]) == [(1.0, math.inf)]
    assert numbers[layout.BLOCK_SECONDS] == 1.01 * REBLOCK_FACTOR * BLOCK_READINGS


@given(
    st.lists(st.tuples(st.floats(-50.0, 200.0), st.floats(0.5, 20.0)), min_size=1, max_size=60),
)
@settings(max_examples=100)
def test_blocks_are_the_twins_whatever_time_and_interval_do(
    steps: list[tuple[float, float]],
) -> None:
    numbers, twin, time = stream(1.0), Blocks(), 1e6
    for k, (dt, interval) in enumerate(steps):
        time += dt
        numbers[layout.INTERVAL] = interval
        wanted = twin.add(float(k), time, interval)
        mean, square, empty = close_block(numbers, float(k), time)
        assert (mean, empty) == pytest.approx(wanted, nan_ok=True)
        if not math.isnan(mean):
            squares = [value**2 for value in twin.ended]
            assert square == pytest.approx(sum(squares) / len(squares))
