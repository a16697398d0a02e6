from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.alarm import COARSE_LIKELIHOOD, FINE_LIKELIHOOD, raise_alarm
from streamrnn.detect.fault import CLEAN_FROM, SINCE
from streamrnn.detect.recipe import (
    ALARM_HALF_LIFE,
    ALARM_PAUSE,
    ALARM_RISE,
    ECHO,
    ENOUGH,
    HABIT_WARM_SECONDS,
    REHEARSAL,
    SLOW_FROM,
)
from tests.naive_evidence import Alarm

SCORE, HABIT = layout.SCORE_CHANNEL, layout.HABIT_CHANNEL


def grown_up(readings: float = REHEARSAL) -> np.ndarray:
    """The numbers of a stream at the reading of that number."""
    numbers = np.zeros(layout.NUMBERS)
    numbers[layout.READINGS] = readings
    numbers[layout.BLOCKS_SEEN] = SLOW_FROM
    numbers[layout.INTERVAL] = HABIT_WARM_SECONDS  # what a day holds is no matter here
    return numbers


def is_raised(
    numbers: np.ndarray, evidence: list[float], elapsed: float = 1.0, threshold: float = 1.0
) -> bool:
    *features, fine, coarse, score, unusual = evidence
    numbers[layout.NEWS : layout.NEWS + len(features)] = features
    numbers[FINE_LIKELIHOOD], numbers[COARSE_LIKELIHOOD] = fine, coarse
    return bool(raise_alarm(numbers, score / threshold, unusual, threshold, elapsed))


def only(channel: int, amount: float) -> list[float]:
    return [amount * ENOUGH[channel] if c == channel else 0.0 for c in range(len(ENOUGH))]


EVIDENCE = st.lists(st.floats(0.0, 3.0), min_size=len(ENOUGH), max_size=len(ENOUGH))


@given(st.lists(st.tuples(EVIDENCE, st.floats(0.0, 4.0)), max_size=60), st.integers(150, 700))
@settings(max_examples=50)
def test_alarms_are_the_twins(readings: list[tuple[list[float], float]], age: int) -> None:
    numbers, twin = grown_up(age), Alarm()
    for shares, elapsed in readings:
        evidence = [share * enough for share, enough in zip(shares, ENOUGH, strict=True)]
        assert is_raised(numbers, evidence, elapsed) == twin.is_raised(evidence, elapsed, age)


@pytest.mark.parametrize("channel", range(len(ENOUGH)))
def test_each_channel_is_enough_by_itself(channel: int) -> None:
    assert is_raised(grown_up(), only(channel, 1.001))
    assert not is_raised(grown_up(), only(channel, 0.999))


def test_a_lasting_anomaly_alarms_no_more_than_once_in_a_pause() -> None:
    numbers = grown_up()
    raised = [is_raised(numbers, only(SCORE, 100.0)) for _ in range(300)]
    assert min(np.diff(np.flatnonzero(raised))) >= ALARM_PAUSE


def test_what_comes_again_and_again_soon_calls_nobody() -> None:
    numbers = grown_up()
    raised = [is_raised(numbers, only(SCORE, 1.5), elapsed=4.0) for _ in range(40)]
    assert sum(raised) == 2  # 1.3^2 > 1.5


def test_a_burden_is_that_of_its_channel_alone() -> None:
    numbers = grown_up()
    assert is_raised(numbers, only(SCORE, 1.1))
    assert not is_raised(numbers, only(SCORE, 1.1), elapsed=ALARM_PAUSE)
    assert is_raised(numbers, only(HABIT, 1.1))


def test_a_burden_halves_in_its_half_life() -> None:
    numbers = grown_up()
    is_raised(numbers, only(SCORE, 2.0))
    for _ in range(int(ALARM_HALF_LIFE)):
        is_raised(numbers, only(SCORE, 0.0))
    assert numbers[layout.BURDENS + SCORE] == pytest.approx(0.5, rel=1e-3)
    assert not is_raised(numbers, only(SCORE, 0.99 * (1.0 + ALARM_RISE) ** 0.5))
    assert is_raised(numbers, only(SCORE, 1.01 * (1.0 + ALARM_RISE) ** 0.5))


def test_a_threshold_raises_what_is_enough_in_every_channel() -> None:
    for channel in range(len(ENOUGH)):
        assert not is_raised(grown_up(), only(channel, 1.9), threshold=2.0)
        assert is_raised(grown_up(), only(channel, 2.1), threshold=2.0)


def test_a_young_stream_wants_more_and_learns_all_the_same_what_it_does_by_nature() -> None:
    numbers = grown_up(REHEARSAL / 2.0)
    assert not is_raised(numbers, only(SCORE, 3.9))
    assert numbers[layout.BURDENS + SCORE] == 1.0
    assert is_raised(grown_up(REHEARSAL / 2.0), only(SCORE, 4.1))


def test_what_moves_slowly_shows_no_fault_that_is_over() -> None:
    for feature in range(1, layout.FINE_CHANNEL):
        numbers = grown_up()
        numbers[layout.FAULT + CLEAN_FROM] = REHEARSAL - ECHO + 1.0
        assert not is_raised(numbers, only(feature, 100.0))
        numbers[layout.READINGS] += 1.0
        assert is_raised(numbers, only(feature, 100.0))
        numbers = grown_up()
        numbers[layout.FAULT + SINCE] = 1.7e9
        assert not is_raised(numbers, only(feature, 100.0))


def test_before_a_day_and_a_night_a_feature_must_leave_its_range_by_all_of_it() -> None:
    for feature in range(layout.FINE_CHANNEL):
        numbers = grown_up()
        numbers[layout.INTERVAL] = 0.99 * HABIT_WARM_SECONDS / REHEARSAL
        assert not is_raised(numbers, only(feature, 0.99 / ENOUGH[feature]))
        assert is_raised(numbers, only(feature, 1.01 / ENOUGH[feature]))


def test_what_moves_slowly_calls_nobody_before_it_has_seen_enough_without_a_gap() -> None:
    for feature in range(1, layout.FINE_CHANNEL):
        numbers = grown_up()
        numbers[layout.BLOCKS_SEEN] = SLOW_FROM - 1.0
        assert not is_raised(numbers, only(feature, 100.0))
    assert is_raised(numbers, only(0, 100.0))
