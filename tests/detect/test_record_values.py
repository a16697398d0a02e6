from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.recipe import ENOUGH, RECORD_BLOCKS, SHIFT_BLOCKS
from streamrnn.detect.record_values import (
    FEATURES,
    SHIFT,
    SPREAD,
    TREND,
    VALUE,
    hear_block,
    hear_reading,
    overshoot,
)
from tests.naive_evidence import Record, Records

BLOCK = 12

# no numbers so small that a range of them cannot be told from none
VALUES = st.lists(st.integers(-(10**6), 10**6).map(lambda k: k / 64.0), min_size=1, max_size=50)


def stream() -> np.ndarray:
    numbers = np.zeros(layout.NUMBERS)
    numbers[layout.RECORDS : layout.NEWS] = np.nan
    return numbers


def feed(values: list[float]) -> list[float]:
    numbers = stream()
    return [overshoot(numbers, VALUE, value) for value in values]


def news(values: np.ndarray, gap_before_block: int = -1) -> np.ndarray:
    """(n, FEATURES) what is new in each reading; every BLOCK of them make a block."""
    numbers, ring = stream(), np.zeros(2 * RECORD_BLOCKS + 4, np.float32)
    found = np.zeros((len(values), FEATURES))
    for k, value in enumerate(values):
        hear_reading(numbers, value)
        if (k + 1) % BLOCK == 0:
            y = values[k + 1 - BLOCK : k + 1] - values[0]
            if (k + 1) // BLOCK == gap_before_block:
                numbers[layout.BLOCKS_SEEN] = 0.0
            hear_block(numbers, ring, 2, y.mean(), (y**2).mean())
        numbers[layout.READINGS] += 1.0
        found[k] = numbers[layout.NEWS : layout.NEWS + FEATURES]
    assert ring[:2].tolist() == ring[-2:].tolist() == [0.0, 0.0]
    return found


@given(VALUES)
def test_the_overshoot_is_the_twins(values: list[float]) -> None:
    twin = Record()
    assert feed(values) == pytest.approx([twin.news(value) for value in values])


@given(seed=st.integers(0, 2**32 - 1), blocks=st.integers(1, 60), gap=st.integers(-1, 60))
@settings(max_examples=15, deadline=None)
def test_all_news_are_the_twins(seed: int, blocks: int, gap: int) -> None:
    values = np.random.default_rng(seed).normal(size=blocks * BLOCK).cumsum()
    twin, wanted = Records(), []
    for k, value in enumerate(values):
        found = twin.hear(float(value))
        if (k + 1) % BLOCK == 0:
            readings = values[k + 1 - BLOCK : k + 1].tolist()
            found[SHIFT:] = twin.hear_block(readings, after_gap=(k + 1) // BLOCK == gap)
        wanted.append(found)
    np.testing.assert_allclose(news(values, gap), wanted, rtol=1e-3, atol=1e-3)


def test_a_share_of_the_range_beyond_it_counts_on_either_side() -> None:
    assert feed([0.0, 1.0, 1.25])[-1] == pytest.approx(0.25)
    assert feed([0.0, 1.0, -0.25])[-1] == pytest.approx(0.25)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_stream_that_never_changed_has_no_range_to_leave(usual: float, new: float) -> None:
    assert feed([usual] * 20 + [new])[-1] == 0.0


def test_what_has_happened_is_no_record_any_more() -> None:
    assert feed([0.0, 1.0, 1.5, 1.5, 1.5])[-1] == 0.0


def test_one_absurd_value_does_not_open_the_range_for_good() -> None:
    assert feed([0.0, 1.0, 1e9, 0.5, 60.0])[-1] > 1.0


def test_a_shift_of_level_is_news_to_shift_and_trend() -> None:
    values = np.random.default_rng(0).normal(size=100 * BLOCK)
    values[80 * BLOCK :] += 8.0
    found = news(values)
    before, after = found[40 * BLOCK : 80 * BLOCK], found[80 * BLOCK :]
    for feature in (SHIFT, TREND):
        assert after[:, feature].max() > ENOUGH[feature] > before[:, feature].max()


def test_a_stream_that_begins_to_tremble_is_news_to_its_spread() -> None:
    values = np.random.default_rng(1).normal(size=140 * BLOCK)
    values[100 * BLOCK :] *= 6.0
    found = news(values)[:, SPREAD]
    assert found[100 * BLOCK :].max() > ENOUGH[SPREAD] > found[60 * BLOCK : 100 * BLOCK].max()


def test_nothing_is_news_before_there_are_blocks_enough() -> None:
    values = np.random.default_rng(2).normal(size=RECORD_BLOCKS * BLOCK).cumsum()
    found = news(values)
    assert not found[: 2 * SHIFT_BLOCKS * BLOCK, SHIFT].any()
    assert not found[:, SPREAD].any()
