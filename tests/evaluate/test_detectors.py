import numpy as np
import pytest

from streamrnn.errors import InputError
from streamrnn.evaluate.detectors import DETECTORS, OURS, choose
from streamrnn.evaluate.series import Series


def two_channels(rows=600):
    values = np.random.default_rng(0).normal(size=(rows, 2))
    values[500:, 0] += 30.0
    values[7, 1] = np.nan
    return Series(
        name="pump",
        channels=["flow", "current"],
        times=np.arange(float(rows)),
        values=values,
        events=np.array([[500, rows - 1]]),
        start=100,
        has_clock=True,
    )


def test_baselines_are_all_but_our_own():
    names = [detector.name for detector in choose(["baselines"])]
    assert [OURS, *names] == list(DETECTORS)


def test_an_unknown_detector_is_told_the_known_ones():
    with pytest.raises(InputError, match='no detector "lstm": there are streamrnn, random'):
        choose(["lstm"])


@pytest.mark.parametrize("name", [name for name in DETECTORS if name != "hst"])
def test_every_row_gets_a_finite_score_even_with_empty_cells(name):
    verdict = DETECTORS[name].run(two_channels(), 0)
    assert verdict.score.shape == (600,)
    assert np.isfinite(verdict.score).all()


def test_ours_scores_a_row_by_the_quadratic_mean_of_its_channels_and_keeps_alarms_apart():
    verdict = DETECTORS[OURS].run(two_channels(), 0)
    assert verdict.trust is not None
    assert verdict.trust[500:505, 0].any()
    assert not verdict.trust[:500].any()
    assert verdict.flagged is not None
    assert verdict.flagged[500:505].any()


@pytest.mark.parametrize("name", [OURS, "random"])
def test_the_same_seed_gives_the_same_scores(name):
    run = DETECTORS[name].run
    first, again, other = (run(two_channels(), seed).score for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
