from __future__ import annotations

import numpy as np
import pytest

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank
from streamrnn.detect.recipe import CLOCK_STEP_READINGS
from streamrnn.detect.weights import initial_parameters
from streamrnn.records import Kind, Outcome
from tests import naive_detector
from tests.detect.streams import (
    GROWN_UP,
    QUIET,
    RETRAINING,
    assert_finite,
    assert_same_bits,
    is_sound,
    rough_stream,
    rows,
    seconds,
    sine,
    step_one,
)

# --- against the specification ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "config"),
    [(0, QUIET), (1, QUIET), (2, QUIET), (3, QUIET.model_copy(update={"activation": "relu"}))],
    ids=["tanh", "tanh, other gaps", "tanh, yet other gaps", "relu"],
)
def test_the_bank_decides_as_the_naive_detector_does(seed: int, config: DetectorConfig) -> None:
    values, times = rough_stream(seed, 450)
    start = initial_parameters(8, config.seed)
    twin = naive_detector.Detector(start, 8, config.activation == "relu", config.warm_up)
    found = step_one(Bank(config), values, times)
    wanted = [twin.step(value, time) for value, time in zip(values, times, strict=True)]
    assert found.outcome.tolist() == [judged.outcome for judged in wanted]
    assert found.alarm.tolist() == [judged.alarm for judged in wanted]
    assert found.kind.tolist() == [judged.kind for judged in wanted]
    np.testing.assert_allclose(found.score, [judged.score for judged in wanted], 1e-2, 1e-2)
    for name in ("yhat", "yhat_lower", "yhat_upper"):
        exact = [getattr(judged, name) for judged in wanted]
        np.testing.assert_allclose(getattr(found, name), exact, rtol=1e-3, err_msg=name)


# --- what a stream may expect -------------------------------------------------------------------


def test_a_warming_stream_never_alerts() -> None:
    values = sine(200)
    values[[20, 40]] = 1e6
    found = step_one(Bank(QUIET), values, seconds(200))
    warming = found.outcome == Outcome.WARMING
    assert np.flatnonzero(warming).tolist() == list(range(QUIET.warm_up))
    assert not found.alarm[warming].any()
    assert not found.score[warming].any()
    assert not found.kind[warming].any()


@pytest.mark.parametrize("value", [0.0, 21.5, -1e300])
def test_a_stream_that_never_changes_never_alarms(value: float) -> None:
    bank = Bank(RETRAINING)
    found = step_one(bank, np.full(3000, value), seconds(3000))
    assert not found.alarm.any()
    assert found.score.max() < 1.0
    assert_finite(found)
    assert is_sound(bank)


def test_a_stream_that_begins_to_change_is_learned_like_any_other() -> None:
    values = np.concatenate([np.full(500, 20.0), sine(1500)])
    bank = Bank(QUIET)
    found = step_one(bank, values, seconds(2000))
    assert_finite(found)
    assert is_sound(bank)
    late = found.outcome[-500:]
    assert (late == Outcome.NORMAL).mean() > 0.95
    error = np.abs(found.yhat[-200:] - values[-200:]).mean()
    assert error < np.abs(values[-200:] - values.mean()).mean()


def test_a_value_beyond_everything_seen_is_out_of_range() -> None:
    values = sine(GROWN_UP)
    values[-1] = 60.0
    found = step_one(Bank(QUIET), values, seconds(GROWN_UP))
    assert found.alarm[-1]
    assert found.outcome[-1] == Outcome.ANOMALY
    assert found.kind[-1] == Kind.OUT_OF_RANGE
    assert found.score[-1] > 1.0


def test_a_score_above_one_is_an_anomaly_and_nothing_else_is() -> None:
    for seed in range(5):
        found = step_one(Bank(QUIET), *rough_stream(seed, 600))
        anomaly = found.outcome == Outcome.ANOMALY
        assert (anomaly == (found.score > 1.0)).all()
        assert (found.kind[anomaly] != Kind.NONE).all()
        assert not (found.alarm & ~anomaly).any()


def test_the_forecast_is_made_before_the_reading() -> None:
    values = sine(300)
    first = step_one(Bank(QUIET), values, seconds(300))
    values[-1] = 1000.0
    second = step_one(Bank(QUIET), values, seconds(300))
    assert first.yhat[-1] == second.yhat[-1]
    assert first.yhat_lower[-1] == second.yhat_lower[-1] < first.yhat[-1]
    assert first.yhat_upper[-1] == second.yhat_upper[-1] > first.yhat[-1]


def test_a_network_that_has_learned_beats_persistence_on_a_sine() -> None:
    bank = Bank(QUIET)
    step_one(bank, sine(6000, noise=0.0), seconds(6000))
    assert bank.status().skill_ratio[0] < 1.0


def test_late_readings_and_duplicates_leave_no_trace() -> None:
    values, times = sine(400), seconds(400)
    plain = step_one(Bank(QUIET), values, times)
    at = np.array([100, 200, 300])
    disturbed = step_one(
        Bank(QUIET),
        np.insert(np.insert(values, at, values[at - 1]), [150, 250], 1e9),
        np.insert(np.insert(times, at, times[at - 1]), [150, 250], times[0] - 1.0),
    )
    applied = ~np.isin(disturbed.outcome, [Outcome.LATE, Outcome.DUPLICATE])
    assert (~applied).sum() == 5
    assert_same_bits(rows(disturbed, applied), plain)


def test_nothing_is_forecast_across_a_gap() -> None:
    times = seconds(300)
    times[200:] += 3600.0
    found = step_one(Bank(QUIET), sine(300), times)
    assert np.isnan(found.yhat[200])
    assert np.isfinite(found.yhat[[199, 201]]).all()


def test_a_clock_set_back_does_not_silence_the_stream() -> None:
    values, times = sine(800), seconds(800)
    times[400:] -= 1e7
    found = step_one(Bank(QUIET), values, times)
    late = int(CLOCK_STEP_READINGS) - 1
    assert (found.outcome[400 : 400 + late] == Outcome.LATE).all()
    assert not np.isin(found.outcome[400 + late :], [Outcome.LATE, Outcome.WARMING]).any()


def test_a_clock_set_back_does_not_stop_the_retraining() -> None:
    times = seconds(1200)
    times[400:] -= 1e7
    bank = Bank(RETRAINING)
    values = sine(1200)
    step_one(bank, values[:400], times[:400])
    before = bank.status()
    step_one(bank, values[400:], times[400:])
    after = bank.status()
    assert (
        after.retrainings + after.rejected_retrainings
        > before.retrainings + before.rejected_retrainings + 3
    )
