from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import layout, recipe
from streamrnn.detect.channel import control_alarm, surprise
from streamrnn.detect.recipe import COARSE, FINE, INPUTS
from tests.naive_detector import Alarm, Channel

ARRAYS = layout.arrays(8)
LEFT, BURDEN = layout.RANGE_REFRACTORY_LEFT, layout.RANGE_BURDEN


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
                self.numbers, at, self.c, self.row, base + ARRAYS.histogram, base + ARRAYS.recent,
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
        assert one.score(residual) == pytest.approx(other.score(residual * 16.0), abs=0.02)


def test_errors_of_zero_never_surprise() -> None:
    scorer = Scorer(FINE)
    assert max(scorer.score(0.0) for _ in range(2000)) < 1.0


# --- alarms -------------------------------------------------------------------------------------

SCORES = st.lists(
    st.tuples(st.sampled_from([0.0, 0.9, 1.1, 3.0, 50.0]), st.floats(0.0, 4.0)),
    min_size=1,
    max_size=300,
)


@given(SCORES)
@settings(max_examples=50)
def test_the_alarm_control_is_the_twins(steps: list[tuple[float, float]]) -> None:
    numbers, twin = np.zeros(layout.NUMBERS), Alarm()
    for S, elapsed in steps:
        score, alarm = control_alarm(numbers, BURDEN, LEFT, S, 1.5, elapsed)
        wanted_score, wanted_alarm = twin.judge(S, 1.5, elapsed)
        assert score == pytest.approx(wanted_score, rel=1e-9)
        assert alarm == wanted_alarm


def alarms(n: int, S: float, numbers: np.ndarray) -> list[int]:
    judged = [control_alarm(numbers, BURDEN, LEFT, S, 1.0, 1.0)[1] for _ in range(n)]
    return [k for k, alarm in enumerate(judged) if alarm]


def test_a_lasting_anomaly_alarms_once_in_a_pause() -> None:
    raised = alarms(int(5 * recipe.REFRACTORY), 100.0, np.zeros(layout.NUMBERS))
    assert len(raised) == 5
    assert min(np.diff(raised)) >= recipe.REFRACTORY


def test_alarms_raise_the_threshold_until_the_same_excess_is_none_any_more() -> None:
    raised = alarms(2000, 1.5, np.zeros(layout.NUMBERS))
    assert 0 < len(raised) < 2000 / recipe.REFRACTORY / 2


def test_the_threshold_comes_back_with_its_half_life() -> None:
    numbers = np.zeros(layout.NUMBERS)
    numbers[BURDEN] = 4.0
    alarms(int(recipe.BURDEN_HALF_LIFE), 0.0, numbers)
    assert numbers[BURDEN] == pytest.approx(2.0, rel=1e-3)


def test_a_score_of_one_does_not_alarm_and_above_one_does() -> None:
    for S, alarm in ((2.0, False), (2.001, True)):
        judged = control_alarm(np.zeros(layout.NUMBERS), BURDEN, LEFT, S, 2.0, 1.0)
        assert judged == (S / 2.0, alarm)
