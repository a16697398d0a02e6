from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.channel import surprise
from streamrnn.detect.recipe import COARSE, FINE, INPUTS
from tests.naive_detector import Channel

ARRAYS = layout.arrays(8)


class Scorer:
    """Channel c of one stream."""

    def __init__(self, c: int) -> None:
        self.c = c
        self.numbers = np.zeros(layout.NUMBERS)
        self.row = np.zeros(2 * ARRAYS.size, np.float32)

    def score(self, residual: float) -> float:
        at, base = layout.channel(self.c), self.c * ARRAYS.size
        return float(
            surprise(
                self.numbers, at, self.c, self.row, base + ARRAYS.histogram,
                2 * (base + ARRAYS.recent),
                residual,
            )
        )  # fmt: skip


@pytest.mark.parametrize("c", [FINE, COARSE], ids=["fine", "coarse"])
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 250))
@settings(max_examples=15)
def test_the_surprise_is_the_twins(c: int, seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    residuals = random.normal(size=n) * np.where(random.random(n) < 0.05, 10.0, 1.0)
    scorer, twin = Scorer(c), Channel(c, np.zeros(INPUTS * 8 + 64 + 17), 8, False)
    found = [scorer.score(residual) for residual in residuals]
    wanted = [twin.surprise(residual) for residual in residuals]
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("c", [FINE, COARSE], ids=["fine", "coarse"])
def test_one_channel_leaves_the_other_alone(c: int) -> None:
    scorer = Scorer(c)
    for k in range(100):
        scorer.score(float(k % 7))
    other = 1 - c
    at, base = layout.channel(other), other * ARRAYS.size
    assert not scorer.numbers[at : at + layout.CHANNEL_NUMBERS].any()
    assert not scorer.row[base : base + ARRAYS.size].any()


def test_errors_that_stay_large_surprise_more_than_one_that_is_larger_still() -> None:
    spike, shift = Scorer(FINE), Scorer(FINE)
    random = np.random.default_rng(0)
    for residual in random.normal(size=1000):
        spike.score(residual)
        shift.score(residual)
    after_spike = max(spike.score(r) for r in [1000.0, *random.normal(size=19)])
    after_shift = max(shift.score(r) for r in random.normal(size=20) * 5.0)
    assert after_shift > after_spike


def test_the_surprise_does_not_depend_on_the_unit_of_the_residuals() -> None:
    """Ranks: but for the width of the bins, which are relative themselves."""
    one, other = Scorer(FINE), Scorer(FINE)
    for residual in np.random.default_rng(1).normal(size=300):
        assert one.score(residual) == pytest.approx(other.score(residual / 16.0), abs=0.02)


def test_errors_of_zero_never_surprise() -> None:
    scorer = Scorer(FINE)
    assert max(scorer.score(0.0) for _ in range(2000)) < 1.0
