from __future__ import annotations

import gc
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import Bank
from streamrnn.detect.one_reading import MOST, NOT_JUDGED
from tests.detect.streams import (
    F64,
    QUIET,
    RETRAINING,
    assert_same_bits,
    joined,
    rough_stream,
    rows,
    seconds,
    sine,
    step_one,
)


def bits_of(bank: Bank) -> dict[str, bytes]:
    """All but who was heard when, of which the short way takes no note."""
    arrays = bank.to_arrays()
    return {name: arrays[name].tobytes() for name in arrays if name not in ("heard", "clock")}


def step_alone(bank: Bank, values: F64, times: F64, stream: str = "s") -> list[Any]:
    """As `Detector` does it. Outcome, score, kind, forecast of each."""
    slot = bank.slot(stream)
    entry = bank.entry(slot)
    found = []
    for value, time in zip(values.tolist(), times.tolist(), strict=True):
        judged = entry.judge(entry.place, value, time)
        if judged[0] == NOT_JUDGED:
            d = bank.step([slot], [value], [time])
            columns = (d.outcome, d.score, d.kind, d.yhat, d.yhat_lower, d.yhat_upper)
            judged = tuple(column.item() for column in columns)
        found.append(judged)
    return found


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_readings_one_by_one_are_judged_as_in_a_batch(seed: int) -> None:
    values, times = rough_stream(seed, 250)
    alone, batched = Bank(RETRAINING), Bank(RETRAINING)
    found = np.array(step_alone(alone, values, times))
    d = step_one(batched, values, times)
    wanted = np.array([d.outcome, d.score, d.kind, d.yhat, d.yhat_lower, d.yhat_upper], float).T
    assert found.tobytes() == wanted.tobytes()
    assert bits_of(alone) == bits_of(batched)


def test_both_ways_may_alternate() -> None:
    values, times = rough_stream(3, 300)
    mixed, plain = Bank(RETRAINING), Bank(RETRAINING)
    parts = []
    for k in range(0, 300, 60):
        step_alone(mixed, values[k : k + 30], times[k : k + 30])
        parts.append(step_one(mixed, values[k + 30 : k + 60], times[k + 30 : k + 60]))
    wanted = step_one(plain, values, times)
    assert_same_bits(joined(parts), rows(wanted, np.arange(300) % 60 >= 30))


def test_an_entry_leaves_other_streams_alone() -> None:
    values, times = rough_stream(1, 120)
    shared, alone = Bank(QUIET), Bank(QUIET)
    for name in ("a", "s", "b"):
        shared.slot(name)
    step_one(shared, values, times, "a")
    before = shared.to_arrays()["rows"][[0, 2]]
    assert step_alone(shared, values, times)[-1] == step_alone(alone, values, times)[-1]
    np.testing.assert_array_equal(shared.to_arrays()["rows"][[0, 2]], before)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1.1 * MOST, -1.1 * MOST])
def test_what_no_sensor_shows_is_not_judged_and_leaves_no_trace(bad: float) -> None:
    bank = Bank(QUIET)
    step_one(bank, sine(100), seconds(100))
    before = bits_of(bank)
    entry = bank.entry(bank.slot("s"))
    assert entry.judge(entry.place, bad, 2e9)[0] == NOT_JUDGED
    assert entry.judge(entry.place, 20.0, bad)[0] == NOT_JUDGED
    assert bits_of(bank) == before


def test_a_stream_that_is_due_for_retraining_is_not_judged_and_goes_on_with_step() -> None:
    bank = Bank(RETRAINING)
    slot = bank.slot("s")
    entry = bank.entry(slot)
    judged = [entry.judge(entry.place, *r)[0] for r in zip(sine(300), seconds(300), strict=True)]
    first = judged.index(NOT_JUDGED)
    assert set(judged[first:]) == {NOT_JUDGED}, "until it has been retrained"
    assert bank.status().readings[0] == first
    bank.step([slot], [20.0], [seconds(300)[-1] + 1.0])
    assert entry.judge(entry.place, 20.0, seconds(300)[-1] + 2.0)[0] != NOT_JUDGED


def test_an_entry_keeps_alive_what_it_writes_to() -> None:
    values, times = rough_stream(5, 60)
    bank = Bank(QUIET)
    entry = bank.entry(bank.slot("s"))
    del bank
    gc.collect()
    litter = [np.full(10_000, np.nan) for _ in range(50)]
    found = [entry.judge(entry.place, *r) for r in zip(values, times, strict=True)]
    np.testing.assert_equal(found, step_alone(Bank(QUIET), values, times))
    assert all(np.isnan(each).all() for each in litter)
