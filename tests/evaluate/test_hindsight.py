import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streamrnn.evaluate.alarms import EPISODE_ROWS, count_alarms
from streamrnn.evaluate.hindsight import THRESHOLDS, AlarmCurve, alarm_curve, best_recall

ROWS = 600
NO_EVENTS = np.empty((0, 2), np.int64)


def curve(detected, false_alarms, events=10, rows=10_000):
    return AlarmCurve(np.array(detected), np.array(false_alarms), events, rows)


@given(
    strength=arrays(np.float64, ROWS, elements=st.sampled_from([0.0, 0.3, 0.5, 1.0, 2.0, 9.0])),
    begins=st.lists(st.integers(0, 20), unique=True, max_size=4),
    threshold=st.sampled_from([0.2, 0.4, 0.9, 1.5, 5.0, 50.0]),
)
def test_each_threshold_counts_as_if_it_were_the_shipped_one(strength, begins, threshold):
    events = np.array([(25 * begin, 25 * begin + 9) for begin in sorted(begins)], np.int64)
    at = int(np.searchsorted(THRESHOLDS, threshold))
    above = strength >= THRESHOLDS[at]
    rises = above & ~np.append(False, above[:-1])
    counted = count_alarms(rises[:, None], np.arange(ROWS) * 1.0, events.reshape(-1, 2))
    swept = alarm_curve(strength, events.reshape(-1, 2))
    assert swept.detected[at] == len(counted.delay_rows)
    assert swept.false_alarms[at] == counted.false_alarms
    assert (swept.events, swept.rows) == (len(events), ROWS)


def test_a_score_that_stays_high_is_one_alarm_and_one_that_swings_calls_again():
    high = np.ones(ROWS)
    assert set(alarm_curve(high, NO_EVENTS).false_alarms[THRESHOLDS < 1.0]) == {1}
    swinging = np.where(np.arange(ROWS) % 20 < 10, 1.0, 0.0)
    calls = math.ceil(ROWS / (EPISODE_ROWS + 20))
    assert set(alarm_curve(swinging, NO_EVENTS).false_alarms[THRESHOLDS < 1.0]) == {calls}


def test_the_best_threshold_finds_most_events_without_too_many_false_alarms():
    assert best_recall([curve([9, 7, 3], [5, 2, 0])], 2.0) == 0.7


def test_one_threshold_serves_all_series():
    both = [curve([8, 2], [4, 0]), curve([1, 9], [0, 4])]
    assert best_recall(both, 2.0) == pytest.approx(11 / 20)
    assert best_recall(both, 1.9) == 0.0


def test_without_events_there_is_no_recall():
    assert math.isnan(best_recall([curve([0], [0], events=0)], 2.0))
