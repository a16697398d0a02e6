import numpy as np
import pytest

from streamrnn.evaluate.alarms import EPISODE_ROWS, TOLERANCE_ROWS, count_alarms

EVENTS = np.array([[300, 349]])
ROWS, SECONDS = 1_000, 10.0


def count(*alarms, streams=1, events=EVENTS):
    """alarms: (row, stream)."""
    raised = np.zeros((ROWS, streams), bool)
    for row, stream in alarms:
        raised[row, stream] = True
    return count_alarms(raised, np.arange(ROWS) * SECONDS, events)


def test_the_first_alarm_inside_an_event_detects_it():
    found = count((310, 0), (320, 0))
    assert found.delay_rows == [10.0]
    assert found.delay_seconds == [100.0]
    assert found.false_alarms == 0


@pytest.mark.parametrize(
    ("row", "detected", "false"),
    [
        (299, 0, 1),
        (300, 1, 0),
        (349 + TOLERANCE_ROWS, 1, 0),
        (350 + TOLERANCE_ROWS, 0, 1),
    ],
)
def test_an_alarm_counts_from_the_begin_until_shortly_after_the_end(row, detected, false):
    found = count((row, 0))
    assert (len(found.delay_rows), found.false_alarms) == (detected, false)


def test_false_alarms_close_together_are_one():
    assert count((500, 0), (500 + EPISODE_ROWS, 0)).false_alarms == 1
    assert count((500, 0), (501 + EPISODE_ROWS, 0)).false_alarms == 2


def test_streams_of_a_device_that_alarm_together_call_the_operator_once():
    found = count((500, 0), (510, 1), (520, 2), streams=3)
    assert found.false_alarms == 1
    assert found.stream_false_alarms == 3
    assert found.stream_seconds == 3 * ROWS * SECONDS


def test_any_stream_of_a_device_may_detect_an_event():
    assert count((320, 1), streams=2).delay_rows == [20.0]


def test_without_events_every_alarm_is_false():
    found = count((100, 0), (310, 0), events=np.empty((0, 2), np.int64))
    assert (found.events, found.false_alarms) == (0, 2)


def test_a_gap_in_the_data_is_not_watched_time():
    times = np.arange(ROWS) * SECONDS
    times[500:] += 1e6
    found = count_alarms(np.zeros((ROWS, 1), bool), times, EVENTS)
    assert found.stream_seconds == ROWS * SECONDS
