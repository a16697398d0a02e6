"""The threshold that follows the false alarms that are allowed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank, fault, habits, layout
from streamrnn.detect.calibration import NO_ALARM, burden_of_one, calibrate, patience
from streamrnn.detect.recipe import (
    ALARM_HALF_LIFE,
    CALIBRATION_STEP,
    FAULT_CALM_SCORE,
    FIRST_DESCENT,
    LOG_THRESHOLD_LIMITS,
    NEW_ALARM_READINGS,
    REFERENCE_LIMIT,
    TAKEN_UP,
    WATCHED,
)
from streamrnn.kernels.jit import kernel
from streamrnn.records import Kind
from tests.detect.streams import step_one

MINUTE, DAY = 60.0, 86_400.0
READINGS = 20_000


def bank_allowing(rate: str) -> Bank:
    return Bank(
        DetectorConfig.model_validate({"false_alarms": rate, "retrain_every": "never"}),
    )


def episodes(alarm: np.ndarray, times: np.ndarray) -> int:
    raised = times[alarm]
    return int((np.diff(raised, prepend=-np.inf) > 100.0 * MINUTE).sum())


@pytest.mark.parametrize("rate", ["1 per 12h", "1 per 1d"])
def test_alarms_on_noise_come_about_as_often_as_is_allowed(rate: str) -> None:
    values = np.random.default_rng(0).standard_t(3, READINGS)  # heavy tails
    times = 1.7e9 + MINUTE * np.arange(READINGS)
    alarm = step_one(bank_allowing(rate), values, times).alarm
    allowed = READINGS * MINUTE / bank_allowing(rate).config.false_alarms  # type: ignore[operator]
    assert 0.5 * allowed <= episodes(alarm, times) <= 2.0 * allowed


def test_the_threshold_stays_put_when_nothing_was_said() -> None:
    bank = bank_allowing("auto")
    step_one(bank, np.random.default_rng(1).standard_t(2, 3_000), 1.7e9 + MINUTE * np.arange(3_000))
    assert bank.to_arrays()["numbers"][0, layout.LOG_THRESHOLD] == 0.0


def test_the_more_seldom_the_higher_it_starts() -> None:
    values = np.sin(np.arange(152) / 5.0) + np.random.default_rng(2).normal(size=152) * 0.1
    starts = []
    for rate in ("1 per 1d", "1 per 30d", "1 per 90d"):
        bank = bank_allowing(rate)
        step_one(bank, values, 1.7e9 + MINUTE * np.arange(152))
        starts.append(bank.to_arrays()["numbers"][0, layout.LOG_THRESHOLD])
    assert starts[0] < starts[1] < starts[2]


def test_it_never_leaves_its_limits() -> None:
    values = np.random.default_rng(3).normal(size=30_000)
    bank = bank_allowing("1 per 10m")
    step_one(bank, values, 1.7e9 + MINUTE * np.arange(30_000))
    found = bank.to_arrays()["numbers"][0, layout.LOG_THRESHOLD]
    assert LOG_THRESHOLD_LIMITS[0] <= found <= LOG_THRESHOLD_LIMITS[1]


def test_above_1_it_divides_the_score_and_below_1_it_does_not() -> None:
    """Who wants to be called more often does not want the usual to be anomalous."""
    bank = bank_allowing("1 per 90d")
    values = np.random.default_rng(6).normal(size=501)
    times = 1.7e9 + MINUTE * np.arange(501)
    step_one(bank, values[:500], times[:500])
    scores = []
    for threshold in (1.0, 2.0, 0.5):
        stored = bank.to_arrays()
        stored["numbers"][0, layout.LOG_THRESHOLD] = np.log(threshold)
        heir = Bank.from_arrays(bank.config, stored)
        scores.append(float(step_one(heir, values[500:], times[500:]).score[0]))
    assert 0.0 < scores[0] < 1.0
    assert scores == pytest.approx([scores[0], scores[0] / 2.0, scores[0]])


def test_a_drift_is_anomalous_from_1_on_however_low_the_threshold() -> None:
    bank = bank_allowing("1 per 90d")
    values = np.random.default_rng(6).normal(size=501)
    times = 1.7e9 + MINUTE * np.arange(501)
    step_one(bank, values[:500], times[:500])
    for deviations, is_anomalous in ((0.9, False), (1.1, True)):
        stored = bank.to_arrays()
        numbers = stored["numbers"][0]
        numbers[layout.LOG_THRESHOLD] = np.log(0.5)
        numbers[layout.PAUSE_UNTIL] = np.inf  # no alarm
        numbers[layout.FAULT + fault.IS_FROZEN] = 1.0
        numbers[layout.FAULT + fault.REFERENCE_VAR] = 1.0
        level = numbers[layout.HABITS + habits.MEAN_256]
        numbers[layout.FAULT + fault.REFERENCE_MEAN] = level + deviations * REFERENCE_LIMIT
        heir = Bank.from_arrays(bank.config, stored)
        found = step_one(heir, values[500:], times[500:])
        assert (found.score[0] > 1.0) == is_anomalous


def test_a_dismissed_alarm_raises_it_by_a_step() -> None:
    bank = bank_allowing("1 per 30d")
    step_one(bank, np.random.default_rng(4).normal(size=400), 1.7e9 + MINUTE * np.arange(400))
    before = bank.to_arrays()["numbers"][0, layout.LOG_THRESHOLD]
    bank.forgive(bank.slot("s"))
    after = bank.to_arrays()["numbers"][0, layout.LOG_THRESHOLD]
    assert after - before == pytest.approx(CALIBRATION_STEP)


NOON = 1.7e9
HOUR = 3600.0


@kernel
def learn(
    n: np.ndarray, alarm: bool, accepted: bool, kind: float, score: float, time: float
) -> None:
    calibrate(n, alarm, accepted, kind, score, time, 1.0)


class Hourly:
    """An hourly stream that may call once in so many days; how far its threshold has moved."""

    def __init__(self, days: float = 30.0) -> None:
        self.numbers = np.zeros(layout.NUMBERS)
        self.numbers[layout.INTERVAL] = HOUR
        self.numbers[layout.ALLOWED_SECONDS] = days * DAY
        self.numbers[layout.ALARM_UNTIL] = NO_ALARM
        self.time = NOON

    def hear(
        self,
        *,
        alarm: bool = False,
        accepted: bool = False,
        kind: Kind = Kind.NONE,
        score: float = 0.0,
    ) -> float:
        """Steps by which ln(threshold) moved."""
        before = self.numbers[layout.LOG_THRESHOLD]
        learn(self.numbers, alarm, accepted, float(kind), score, self.time)
        self.time += HOUR
        return float(self.numbers[layout.LOG_THRESHOLD] - before) / CALIBRATION_STEP

    def break_down(self) -> float:
        return self.hear(alarm=True, kind=Kind.SPIKE, score=1.1)


DOWN = pytest.approx(-1.0 / (30.0 * 24.0))
UP = pytest.approx(1.0 - WATCHED / (30.0 * 24.0))


@kernel
def call_patience(n: np.ndarray, readings: float) -> float:
    return patience(n, readings)


@kernel
def call_burden_of_one(n: np.ndarray) -> float:
    return burden_of_one(n)


def test_an_anomaly_counts_once_however_long_it_lasts() -> None:
    stream = Hourly()
    assert stream.break_down() == UP
    assert [stream.hear(kind=Kind.SPIKE) for _ in range(40)] == [0.0] * 40
    assert stream.break_down() == 0.0
    assert [stream.hear(score=0.9) for _ in range(5)] == [0.0] * 5  # its score is high, still


def test_until_there_was_an_alarm_the_threshold_falls_faster_and_never_again() -> None:
    stream = Hourly()
    before = stream.hear()
    assert before == pytest.approx(FIRST_DESCENT / CALIBRATION_STEP * DOWN.expected)
    stream.break_down()
    stream.hear(accepted=True)
    assert stream.hear() == DOWN


def test_readings_after_it_count_again() -> None:
    stream = Hourly()
    stream.break_down()
    after = [stream.hear() for _ in range(int(NEW_ALARM_READINGS) + 2)]
    assert after == [0.0] * int(NEW_ALARM_READINGS) + [DOWN] * 2


def test_the_next_anomaly_counts_too_however_soon_it_comes() -> None:
    stream = Hourly()
    stream.break_down()
    for _ in range(int(NEW_ALARM_READINGS)):
        stream.hear()
    assert stream.break_down() == UP


def test_a_new_normal_is_no_anomaly_though_its_score_is_high() -> None:
    stream = Hourly()
    stream.break_down()
    stream.hear(accepted=True, kind=Kind.LEVEL_SHIFT, score=2.0)
    assert stream.hear(score=2.0) == DOWN
    assert stream.break_down() == UP


def test_a_clock_that_was_set_back_makes_no_anomaly_last() -> None:
    stream = Hourly()
    stream.break_down()
    stream.time -= DAY
    assert stream.hear() == DOWN


def test_a_clock_that_begins_anew_again_and_again_hides_no_alarm() -> None:
    stream = Hourly()
    for _ in range(10):
        stream.time = NOON
        stream.hear()
        assert stream.break_down() == UP


ANSWERS = st.tuples(
    st.booleans(), st.booleans(), st.sampled_from([Kind.NONE, Kind.SPIKE]), st.floats(0.0, 2.0)
)


@given(st.lists(ANSWERS, max_size=300), st.sampled_from([1.0, 3.0, 30.0]))
def test_alarms_keep_to_what_is_allowed_whatever_happens(
    answers: list[tuple[bool, bool, Kind, float]], days: float
) -> None:
    """The guarantee of `calibrate`, after each reading; in readings, which are hours here."""
    stream = Hourly(days)
    first, (lowest, highest) = 0.0, LOG_THRESHOLD_LIMITS
    allowed = days * 24.0
    counted = 0.0  # hours between anomalies, and those for which each is watched at least
    alarms, until = 0, -math.inf
    touched_lowest = touched_highest = False
    for alarm, accepted, kind, score in answers:
        now = stream.time
        if 0.0 <= now - until <= NEW_ALARM_READINGS * HOUR:
            if accepted:
                until = -math.inf
            elif kind != Kind.NONE or score >= FAULT_CALM_SCORE:
                until = now
        elif alarm:
            alarms, until = alarms + 1, now
            counted += call_patience(stream.numbers, WATCHED)
        else:
            counted += 1.0
        stream.hear(alarm=alarm, accepted=accepted, kind=kind, score=score)
        threshold = stream.numbers[layout.LOG_THRESHOLD]
        touched_lowest |= threshold <= lowest
        touched_highest |= threshold >= highest
        if not touched_highest:
            most = 1.0 + counted / allowed + (highest - lowest) / CALIBRATION_STEP
            assert alarms <= most + 1e-9
        if not touched_lowest:
            least = counted / allowed - (first - lowest) / CALIBRATION_STEP
            assert alarms >= least - 1e-9


def test_a_stream_that_calls_again_and_again_is_heard_less_up_to_a_limit() -> None:
    stream = Hourly()
    for _ in range(20):
        stream.break_down()
        stream.time += DAY
    assert stream.numbers[layout.LOG_THRESHOLD] == LOG_THRESHOLD_LIMITS[1]


def test_who_allows_alarms_later_on_begins_as_with_a_new_stream() -> None:
    values = np.sin(np.arange(152) / 5.0) + np.random.default_rng(2).normal(size=152) * 0.1
    times = 1.7e9 + MINUTE * np.arange(152)
    found = []
    for rate in ("auto", "1 per 90d"):
        bank = bank_allowing(rate)
        step_one(bank, values[:151], times[:151])
        later = Bank.from_arrays(bank_allowing("1 per 90d").config, bank.to_arrays())
        step_one(later, values[151:], times[151:])
        found.append(later.to_arrays()["numbers"][0, layout.LOG_THRESHOLD])
    assert found[0] == pytest.approx(found[1], abs=1e-3)
    assert found[0] > 0.5, "and it begins above 1"


def test_of_an_anomaly_the_time_counts_for_which_it_is_watched_at_least() -> None:
    """Else an hourly stream that may call once a day could not: a day has 24 readings."""
    assert Hourly(days=1.0).break_down() == pytest.approx(1.0 - TAKEN_UP)
    assert Hourly(days=4.0).break_down() == pytest.approx(1.0 - WATCHED / 96.0)


def test_where_many_alarms_are_allowed_one_takes_up_half_of_its_time_at_most() -> None:
    patient = [call_patience(Hourly(days).numbers, 30.0) for days in (0.5, 1.0, 2.5, 90.0)]
    assert patient == [6.0, 12.0, 30.0, 30.0]
    unasked = np.zeros(layout.NUMBERS)
    unasked[layout.INTERVAL] = HOUR
    assert call_patience(unasked, 30.0) == 30.0
    assert call_burden_of_one(unasked) == 1.0
    assert call_burden_of_one(Hourly(days=1.0).numbers) == 24.0 / ALARM_HALF_LIFE
    assert call_burden_of_one(Hourly(days=90.0).numbers) == 1.0


def test_an_hourly_stream_calls_about_once_a_day_where_that_is_allowed() -> None:
    """And the usual does not become anomalous by that."""
    times = 1.7e9 + HOUR * np.arange(6_000.0)
    values = np.sin(times * 2.0 * np.pi / DAY) + 0.3 * np.random.default_rng(5).normal(size=6_000)
    found = step_one(bank_allowing("1 per 1d"), values, times)
    calls = np.count_nonzero(np.diff((found.kind != Kind.NONE).astype(int)) == 1)
    assert 0.5 <= calls / (6_000 / 24) <= 1.2
    assert (found.score > 1.0).mean() < 0.15
