from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank, Decisions, layout
from streamrnn.detect.recipe import CLOCK_STEP_READINGS, RANGE_WARM_READINGS
from streamrnn.detect.weights import initial_parameters
from streamrnn.errors import StateError
from streamrnn.records import Kind, Outcome
from tests import naive_detector
from tests.detect.streams import (
    QUIET,
    RETRAINING,
    assert_same_bits,
    rough_stream,
    seconds,
    sine,
    step_one,
)


GROWN_UP = int(RANGE_WARM_READINGS) + 100  # readings after which every channel judges


def is_sound(bank: Bank) -> bool:
    """Whether everything a network computes with is finite."""
    arrays = bank.to_arrays()
    offsets = layout.arrays(bank.config.hidden)
    networks = arrays["rows"].reshape(-1, offsets.size)[:, : offsets.x]
    return bool(np.isfinite(networks).all())


def assert_finite(decisions: Decisions) -> None:
    assert np.isfinite(decisions.score).all()
    forecasts = np.array(decisions[4:])
    assert (np.isnan(forecasts).all(axis=0) | np.isfinite(forecasts).all(axis=0)).all()


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
        assert (anomaly == (found.kind != Kind.NONE)).all()
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
    assert_same_bits(Decisions(*(column[applied] for column in disturbed)), plain)


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


# --- extreme input ------------------------------------------------------------------------------

EXTREMES: dict[str, Any] = {
    "one": lambda n: np.where(np.arange(n) == 300, 1e300, sine(n)),
    "one too large for float32": lambda n: np.where(np.arange(n) == 300, 1e60, sine(n)),
    "alternating": lambda n: np.where(np.arange(n) % 2, 1e300, -1e300),
    "growing": lambda n: np.logspace(-300, 300, n),
    "the largest there is": lambda n: np.where(np.arange(n) % 50, sine(n), np.finfo(float).max),
    "hardly more than nothing": lambda n: sine(n) * 1e-300,
}


@pytest.mark.parametrize("extreme", EXTREMES)
def test_extreme_values_leave_decisions_and_weights_finite(extreme: str) -> None:
    bank = Bank(RETRAINING)
    found = step_one(bank, EXTREMES[extreme](900), seconds(900))
    assert_finite(found)
    assert is_sound(bank)


def test_one_extreme_value_does_not_blind_the_stream() -> None:
    """Its forecasts are again of the size of the signal, its band of that of the noise."""
    values = sine(3000)
    values[300] = 1e9
    found = step_one(Bank(QUIET), values, seconds(3000))
    assert (found.yhat_upper - found.yhat_lower)[-500:].max() < 100.0
    assert np.abs(found.yhat - values)[-500:].mean() < 5.0


# --- slots, state ------------------------------------------------------------------------------


def test_a_stream_keeps_its_slot_and_any_number_of_streams_fit() -> None:
    bank = Bank(QUIET)
    slots = [bank.slot(f"s{k}") for k in range(100)]
    assert slots == list(range(100))
    assert [bank.slot(name) for name in bank.names] == slots


def test_streams_that_came_before_learn_the_same_as_the_bank_grows() -> None:
    values, times = sine(300), seconds(300)
    crowded, alone = Bank(QUIET), Bank(QUIET)
    parts = []
    for k in range(0, 300, 50):
        parts.append(step_one(crowded, values[k : k + 50], times[k : k + 50]))
        for other in range(10):
            crowded.slot(f"{k}/{other}")
    together = Decisions(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    assert_same_bits(together, step_one(alone, values, times))


def test_a_reset_stream_is_as_new() -> None:
    bank, values, times = Bank(RETRAINING), sine(300), seconds(300)
    step_one(bank, values, times)
    bank.reset(bank.slot("s"))
    assert bank.status().readings[0] == 0
    assert_same_bits(step_one(bank, values, times), step_one(Bank(RETRAINING), values, times))


def test_a_forgiven_alarm_is_over_but_its_threshold_stays_higher() -> None:
    values = sine(GROWN_UP)
    values[-1] = 60.0
    bank = Bank(QUIET)
    step_one(bank, values, seconds(GROWN_UP))
    bank.forgive(bank.slot("s"))
    numbers = bank.to_arrays()["numbers"][0]
    assert bank.status().score[0] == 0.0
    assert numbers[layout.RANGE_REFRACTORY_LEFT] == 0.0
    assert numbers[layout.RANGE_BURDEN] == 1.0


def test_the_status_tells_what_the_stream_last_did() -> None:
    bank = Bank(QUIET)
    bank.slot("silent")
    values = sine(80)
    found = step_one(bank, values[:20], seconds(20), "spoke")
    silent, spoke = 0, 1
    status = bank.status()
    assert status.readings.tolist() == [0, 20]
    assert status.warm_up_left.tolist() == [50, 30]
    assert np.isnan(status.interval[silent])
    assert np.isnan(status.skill_ratio[silent])
    assert np.isnan(status.yhat[silent])
    assert status.interval[spoke] == 1.0
    assert status.value[spoke] == values[19]
    assert status.time[spoke] == seconds(20)[-1]
    assert status.yhat[spoke] == found.yhat[-1]
    step_one(bank, values[20:], seconds(80)[20:], "spoke")
    assert bank.status().warm_up_left[spoke] == 0


def test_a_status_is_a_copy() -> None:
    bank = Bank(QUIET)
    step_one(bank, sine(60), seconds(60))
    status = bank.status()
    before = [column.copy() for column in status]
    step_one(bank, sine(60), seconds(60) + 60.0)
    for column, wanted in zip(status, before, strict=True):
        np.testing.assert_array_equal(column, wanted)


def test_an_empty_batch_decides_nothing() -> None:
    assert [len(column) for column in Bank(QUIET).step([], [], [])] == [0] * 7


def test_a_bank_without_streams_can_be_stored_and_used_again() -> None:
    bank = Bank.from_arrays(QUIET, Bank(QUIET).to_arrays())
    assert bank.slot("first") == 0
    assert (step_one(bank, sine(60), seconds(60), "first").outcome[:50] == Outcome.WARMING).all()


def test_names_of_any_text_come_back() -> None:
    bank, names = Bank(QUIET), ["Küche/°C", "a b", "", "\udcff"]
    for name in names:
        bank.slot(name)
    assert Bank.from_arrays(QUIET, bank.to_arrays()).names == names


@pytest.mark.parametrize(
    "other",
    [DetectorConfig(hidden=16), QUIET.model_copy(update={"activation": "relu"})],
    ids=["hidden", "activation"],
)
def test_state_of_another_network_is_refused(other: DetectorConfig) -> None:
    bank = Bank(QUIET)
    bank.slot("s")
    with pytest.raises(StateError, match="other detector settings"):
        Bank.from_arrays(other, bank.to_arrays())


@pytest.mark.parametrize(
    "missing", ["model", "names", "numbers", "rows", "pending_slots", "pending_parameters"]
)
def test_incomplete_state_is_refused(missing: str) -> None:
    arrays = Bank(QUIET).to_arrays()
    del arrays[missing]
    with pytest.raises(StateError):
        Bank.from_arrays(QUIET, arrays)


def test_state_with_rows_of_another_size_is_refused() -> None:
    bank = Bank(QUIET)
    bank.slot("s")
    arrays = bank.to_arrays()
    for name in ("numbers", "rows"):
        with pytest.raises(StateError):
            Bank.from_arrays(QUIET, {**arrays, name: arrays[name][:, :-1]})


def test_stored_state_is_a_copy() -> None:
    bank = Bank(QUIET)
    step_one(bank, sine(60), seconds(60))
    arrays = bank.to_arrays()
    before = {name: array.copy() for name, array in arrays.items()}
    step_one(bank, sine(60), seconds(60) + 60.0)
    restored = Bank.from_arrays(QUIET, arrays)
    step_one(restored, sine(60), seconds(60) + 60.0)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, before[name])
