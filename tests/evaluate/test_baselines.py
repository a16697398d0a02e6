import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.evaluate import baselines
from streamrnn.evaluate.half_space_trees import half_space_trees
from tests.evaluate import naive

ALL = [
    baselines.persistence,
    baselines.ew_z_score,
    baselines.ar_error,
    baselines.smoothed_ar_error,
]

values = st.integers(0, 2**32 - 1).map(
    lambda seed: 20.0 + np.random.default_rng(seed).normal(size=120).cumsum()
)


@settings(max_examples=20, deadline=None)
@given(values)
def test_persistence_is_the_change_in_deviations_of_the_past(x):
    assert baselines.persistence(x) == pytest.approx(naive.persistence(x), rel=1e-6, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(values)
def test_recursive_least_squares_solve_the_least_squares_problem(x):
    """On a record far shorter than its memory."""
    solved = naive.ar_error(x, baselines.AR_ORDER, ridge=1.0)
    assert baselines.ar_error(x) == pytest.approx(solved, rel=0.05, abs=0.02)


@pytest.mark.parametrize("score", ALL)
def test_no_score_looks_ahead(score):
    x = np.random.default_rng(0).normal(size=500)
    changed = x.copy()
    changed[300:] += 50.0
    assert np.array_equal(score(x)[:300], score(changed)[:300])


@pytest.mark.parametrize("score", ALL)
def test_a_jump_stands_out(score):
    x = np.random.default_rng(1).normal(size=2_000)
    x[1_500:1_520] += 12.0
    assert 1_500 <= int(np.argmax(score(x))) <= 1_540


@pytest.mark.parametrize("score", ALL)
def test_neither_scale_nor_offset_matters(score):
    x = np.random.default_rng(2).normal(size=400)
    assert score(3_000.0 * x + 7e4) == pytest.approx(score(x), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("score", ALL)
def test_a_constant_stream_is_never_surprising_however_long(score):
    assert not score(np.full(300_000, 21.5)).any()


@pytest.mark.parametrize("score", ALL)
def test_what_happens_after_a_long_constant_stretch_is_finite(score):
    x = np.concatenate([np.random.default_rng(3).normal(size=50), np.zeros(300_000), np.ones(50)])
    assert np.isfinite(score(x)).all()


def test_random_scores_come_from_the_seed():
    x = np.zeros(50)
    assert np.array_equal(baselines.random_score(x, 1), baselines.random_score(x, 1))
    assert not np.array_equal(baselines.random_score(x, 1), baselines.random_score(x, 2))


def test_half_space_trees_see_an_outlier_and_pass_over_empty_cells():
    pytest.importorskip("river")
    generator = np.random.default_rng(4)
    x = generator.choice([-1.0, 1.0], (1_200, 2)) + generator.normal(0.0, 0.02, (1_200, 2))
    x[1_000] = 0.0
    x[5, 0] = np.nan
    score = half_space_trees(x, seed=0)
    assert int(np.argmax(score[500:])) == 1_000 - 500
