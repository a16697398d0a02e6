"""golden_vus.json was made once with the reference implementations that it names: `tsb-ad` asks for
far too much (torch, an old numpy) to be installed for every run of the tests."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.evaluate.series import inside, runs
from streamrnn.evaluate.vus import THRESHOLDS, vus_pr
from tests.evaluate import naive

CASES = json.loads((Path(__file__).parent / "golden_vus.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES)
def test_it_agrees_with_the_reference_implementation(case):
    score, events = np.array(case["score"]), np.array(case["events"])
    assert vus_pr(score, events, case["width"]) == pytest.approx(case["vus_pr"], abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(20, 80),
    width=st.integers(0, 12),
    digits=st.integers(0, 3),
)
def test_it_agrees_with_its_definition(seed, n, width, digits):
    generator = np.random.default_rng(seed)
    flags = np.repeat(generator.random(n // 4 + 1) < 0.3, 4)[:n]
    flags[0], flags[n // 2] = False, True
    events = runs(flags)
    score = np.round(generator.random(n) + 0.3 * flags, digits)
    expected = naive.vus_pr(score, [tuple(event) for event in events], width, THRESHOLDS)
    assert vus_pr(score, events, width) == pytest.approx(expected, abs=1e-9)


def test_a_perfect_score_is_close_to_one_and_a_reversed_one_close_to_nothing():
    events = np.array([[400, 449], [1_200, 1_219]])
    label = inside(events, 2_000).astype(float)
    assert vus_pr(label, events) > 0.7
    assert vus_pr(-label, events) < 0.1


def test_a_peak_just_beside_an_event_is_worth_more_than_one_far_away():
    events = np.array([[500, 509]])
    near, far = np.zeros(1_000), np.zeros(1_000)
    near[512], far[700] = 1.0, 1.0
    assert vus_pr(near, events) > vus_pr(far, events)


def test_without_an_event_or_without_a_normal_row_there_is_nothing_to_measure():
    assert math.isnan(vus_pr(np.arange(10.0), np.empty((0, 2), np.int64)))
    assert math.isnan(vus_pr(np.arange(10.0), np.array([[0, 9]])))
