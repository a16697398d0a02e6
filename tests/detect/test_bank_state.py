"""What a bank keeps of its streams: slots, resets, status, stored state."""

from __future__ import annotations

import numpy as np
import pytest

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank, layout
from streamrnn.detect.answers import forgive
from streamrnn.detect.recipe import ALARM_PAUSE
from streamrnn.errors import StateError
from streamrnn.records import Outcome
from tests.detect.streams import (
    F64,
    GROWN_UP,
    QUIET,
    RETRAINING,
    assert_same_bits,
    joined,
    seconds,
    sine,
    step_one,
)


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
    assert_same_bits(joined(parts), step_one(alone, values, times))


def test_a_reset_stream_is_as_new() -> None:
    bank, values, times = Bank(RETRAINING), sine(300), seconds(300)
    step_one(bank, values, times)
    bank.reset(bank.slot("s"))
    assert bank.status().readings[0] == 0
    assert_same_bits(step_one(bank, values, times), step_one(Bank(RETRAINING), values, times))


def test_a_released_row_is_that_of_the_next_stream_which_finds_it_as_new() -> None:
    bank, values, times = Bank(RETRAINING), sine(300), seconds(300)
    for name in ("a", "s", "b"):
        step_one(bank, values, times, name)
    bank.release(bank.slot("s"))
    assert (bank.names, dict(bank.slots)) == (["a", "", "b"], {"a": 0, "b": 2})
    restored = Bank.from_arrays(RETRAINING, bank.to_arrays())
    for each in (bank, restored):
        assert each.slot("s") == 1
        assert_same_bits(step_one(each, values, times), step_one(Bank(RETRAINING), values, times))


def test_a_forgiven_alarm_is_over_and_its_pause_begins_anew() -> None:
    values = sine(GROWN_UP)
    values[-1] = 60.0
    bank = Bank(QUIET)
    step_one(bank, values, seconds(GROWN_UP))
    bank.forgive(bank.slot("s"))
    numbers = bank.to_arrays()["numbers"][0]
    assert bank.status().score[0] == 0.0
    assert numbers[layout.PAUSE_UNTIL] == numbers[layout.TICKS] + ALARM_PAUSE


def test_a_forgiven_record_keeps_records_quiet_anew() -> None:
    numbers = np.zeros(layout.NUMBERS)
    numbers[layout.TICKS], numbers[layout.NOVELTY_PAUSE_UNTIL] = 100.0, 101.0
    forgive(numbers, numbers)
    assert numbers[layout.NOVELTY_PAUSE_UNTIL] == 100.0 + ALARM_PAUSE
    assert numbers[layout.PAUSE_UNTIL] == 0.0, "what does not pause does not begin to"


def test_an_alarm_that_waits_for_its_device_is_forgiven_too() -> None:
    numbers = np.zeros(layout.NUMBERS)
    numbers[layout.WAITING] = 2.0
    forgive(numbers, numbers)
    assert numbers[layout.WAITING] == 0.0


def test_forgiving_again_and_again_never_makes_more_alarms() -> None:
    values = np.concatenate([sine(GROWN_UP), 60.0 + sine(300)])
    patient, forgiving = Bank(QUIET), Bank(QUIET)
    alarms = step_one(patient, values, seconds(len(values))).alarm.sum()
    forgiven = 0
    slot = forgiving.slot("s")
    for value, time in zip(values, seconds(len(values)), strict=True):
        if forgiving.step([slot], [value], [time]).alarm[0]:
            forgiving.forgive(slot)
            forgiven += 1
    assert 0 < forgiven <= alarms


def test_a_shorter_retraining_interval_holds_for_streams_that_are_restored() -> None:
    values, times = sine(400), seconds(400)
    for before in ("never", "30d"):
        bank = Bank(DetectorConfig(hidden=8, warm_up=50, retrain_every=before))
        step_one(bank, values[:200], times[:200])
        config = DetectorConfig(hidden=8, warm_up=50, retrain_every="1m")
        restored = Bank.from_arrays(config, bank.to_arrays())
        step_one(restored, values[200:], times[200:])
        status = restored.status()
        assert status.retrainings[0] + status.rejected_retrainings[0] > 0


def test_streams_that_pause_together_do_not_retrain_together_ever_after() -> None:
    bank = Bank(DetectorConfig(hidden=8, warm_up=50, retrain_every="10m"))
    names = [f"stream {i}" for i in range(8)]
    slots = [bank.slot(name) for name in names]
    for time in [*range(0, 300, 10), *range(100_000, 100_300, 10)]:
        bank.step(slots, [float(time % 70)] * len(slots), [float(time)] * len(slots))
    due = bank.to_arrays()["numbers"][:, layout.RETRAIN_AT]
    assert len(set(due)) == len(names)


@pytest.mark.parametrize(
    ("array", "value"),
    [("pending_slots", np.array([7])), ("names", np.frombuffer(b"[1]", np.uint8))],
)
def test_stored_arrays_that_contradict_each_other_are_refused(array: str, value: F64) -> None:
    bank = Bank(QUIET)
    step_one(bank, sine(80), seconds(80))
    with pytest.raises(StateError, match="start afresh"):
        Bank.from_arrays(QUIET, {**bank.to_arrays(), array: value})


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
    assert [len(column) for column in Bank(QUIET).step([], [], [])] == [0] * 8


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
