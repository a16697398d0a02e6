import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.evaluate.precision_recall import auc_pr, best_point_score, point_score
from streamrnn.evaluate.series import inside

CASES = json.loads((Path(__file__).parent / "golden_vus.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES)
def test_average_precision_agrees_with_scikit_learn(case):
    score = np.array(case["score"])
    positive = inside(np.array(case["events"]), len(score))
    assert auc_pr(score, positive) == pytest.approx(case["auc_pr"], abs=1e-12)


def test_average_precision_without_a_positive_row_is_not_a_number():
    assert math.isnan(auc_pr(np.arange(3.0), np.zeros(3, bool)))


def test_flagging_everything_has_a_false_alarm_rate_of_one():
    positive = np.array([True, False, False, True])
    assert point_score(np.ones(4, bool), positive) == (2 * 2 / (4 + 2), 1.0)


def test_flagging_nothing_scores_nothing():
    assert point_score(np.zeros(4, bool), np.array([True, False, False, True])) == (0.0, 0.0)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=40),
    st.floats(0.0, 1.0),
)
def test_the_best_threshold_is_the_best_of_all_that_are_allowed(rows, max_far):
    score = np.array([float(value) for value, _ in rows])
    positive = np.array([label for _, label in rows])
    candidates = [point_score(score >= threshold, positive) for threshold in set(score)]
    allowed = [each.f1 for each in candidates if not each.far > max_far]
    found = best_point_score(score, positive, max_far)
    assert found.f1 == pytest.approx(max(allowed, default=0.0))
    assert found.far <= max_far
