"""The detector as a river estimator, by river's own checks."""

from __future__ import annotations

import copy
import doctest
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from river import checks

from streamrnn.adapters import river
from streamrnn.adapters.river import StreamDetector
from streamrnn.errors import ConfigError
from tests.adapters.recordings import ANOMALIES, ROWS, Recording, scores_of

Check = Callable[..., None]

# Those with data would download some: they get ours.
CHECKS: list[Check] = list(checks.yield_checks(StreamDetector(warm_up=50)))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_river_finds_nothing_wrong(check: Check) -> None:
    detector = StreamDetector(warm_up=50)
    if "dataset" in getattr(check, "keywords", {}):
        check(detector, dataset=Recording())
    else:
        check(detector)


def scores(detector: StreamDetector) -> list[float]:
    found = []
    for x, _ in Recording():
        found.append(detector.score_one(x))
        detector.learn_one(x)
    return found


def test_anomalies_score_above_one() -> None:
    found = scores(StreamDetector(warm_up=100))
    assert all(found[row] > 1.0 for row in ANOMALIES)
    assert sum(score > 1.0 for score in found) < 0.1 * ROWS


def test_scores_are_those_of_the_detector_itself() -> None:
    flow = np.array([x["flow"] for x, _ in Recording()])
    expected = scores_of("flow", flow, np.arange(float(ROWS)))
    detector = StreamDetector(warm_up=100)
    for value, score in zip(flow.tolist(), expected, strict=True):
        assert detector.score_one({"flow": value}) == score
        detector.learn_one({"flow": value})


def test_scoring_more_often_or_not_at_all_changes_nothing() -> None:
    curious, learner = StreamDetector(warm_up=50), StreamDetector(warm_up=50)
    readings = [x for x, _ in Recording()][:300]
    for x, other in zip(readings, reversed(readings), strict=True):
        curious.score_one(other)
        curious.score_one(x)
        curious.score_one(x)
        curious.learn_one(x)
        learner.learn_one(x)
    assert curious.score_one({"flow": 9.0}) == learner.score_one({"flow": 9.0})


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))])
def test_a_copy_goes_on_as_the_original(
    duplicate: Callable[[StreamDetector], StreamDetector],
) -> None:
    original = StreamDetector(warm_up=50)
    scores(original)
    original.score_one({"flow": 99.0})  # not learned: the copy must not have it
    assert scores(duplicate(original)) == scores(original)


def test_the_time_may_come_with_the_readings() -> None:
    by_count, by_clock = StreamDetector(warm_up=50), StreamDetector(time="at", warm_up=50)
    for t, (x, _) in enumerate(Recording()):
        assert by_clock.score_one({**x, "at": t}) == by_count.score_one(x)
        by_clock.learn_one({**x, "at": t})
        by_count.learn_one(x)


@pytest.mark.parametrize("absent", [float("nan"), float("inf"), "off", None])
def test_what_is_no_finite_number_is_no_reading(absent: object) -> None:
    detector = StreamDetector(warm_up=50)
    assert detector.score_one({"flow": absent}) == 0.0
    detector.learn_one({"flow": absent})


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(ConfigError, match="warm_up = 3: must be at least 50"):
        StreamDetector(warm_up=3)


def test_its_example_is_true() -> None:
    assert doctest.testmod(river).failed == 0
