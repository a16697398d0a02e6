"""Faults: named, not learned, and in the end accepted; on a bank with one stream."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank, Decisions, fault, layout
from streamrnn.detect.jobs import past_of
from streamrnn.detect.recipe import NAMING_AGES, WATCHED
from streamrnn.kernels.jit import kernel
from streamrnn.records import Kind, Outcome
from tests.detect.streams import SETTINGS

F64 = NDArray[np.float64]
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
CLEAN = int(2.5 * DAY / MINUTE)  # readings that show what is usual


@kernel
def call_is_watched_no_longer(n: Any) -> Any:
    return fault.is_watched_no_longer(n, 0, WATCHED)


def config(**changes: Any) -> DetectorConfig:
    return DetectorConfig.model_validate({**SETTINGS, **changes})


def noise(n: int, seed: int = 0) -> F64:
    return np.random.default_rng(seed).normal(20.0, 1.0, n)


def judged(values: F64, **settings: Any) -> tuple[Bank, Decisions]:
    """One reading a minute."""
    bank = Bank(config(**settings))
    slots = np.full(len(values), bank.slot("s"))
    return bank, bank.step(slots, values, 1.7e9 + MINUTE * np.arange(len(values)))


def spike(values: F64) -> None:
    values[0] += 15.0


def level_shift(values: F64) -> None:
    values += 10.0


def drift(values: F64) -> None:
    values += np.linspace(0.0, 30.0, len(values))


def variance(values: F64) -> None:
    values += np.random.default_rng(1).normal(0.0, 6.0, len(values))


def flatline(values: F64) -> None:
    values[:] = values[0]


def out_of_range(values: F64) -> None:
    values[:10] = 85.0


@pytest.mark.parametrize(
    "what", [spike, level_shift, drift, variance, flatline, out_of_range], ids=lambda f: f.__name__
)
def test_a_fault_is_named(what: Any) -> None:
    values = noise(CLEAN + 200)
    what(values[CLEAN:])
    _, found = judged(values)
    assert found.alarm[CLEAN:].any()
    assert Kind(found.kind[CLEAN:].max()).name.lower() == what.__name__


@pytest.mark.parametrize(("hum", "size"), [(0.002, 3.0), (0.002, 15.0), (0.01, 15.0), (0.2, 20.0)])
@pytest.mark.parametrize("seed", range(5))
def test_a_shift_is_one_however_little_noise_there_is_on_it(
    hum: float, size: float, seed: int
) -> None:
    """Far from the mean, readings are kept to one in 256: what toggles there is no variance."""
    random = np.random.default_rng(seed)
    values = 20.0 + hum * random.normal(size=3_000)
    for k in range(300, 2_000, 400):
        values[k : k + 12] += 10.0 * np.sin(np.linspace(0.0, np.pi, 12))
    at = 2_200 + int(random.integers(100))
    values[at:] += size * (1.0 + 0.2 * random.random())
    _, found = judged(values)
    kinds = found.kind[at + 5 : at + 60]
    assert kinds[kinds != Kind.NONE][-1] == Kind.LEVEL_SHIFT


def test_a_fault_that_is_over_is_learned_from_but_watched_on() -> None:
    """What it looks like may not yet be seen; but the spike does not have to stay out of training
    for as long."""
    values = noise(CLEAN + 60)
    spike(values[CLEAN:])
    bank, found = judged(values[: CLEAN + 20])
    assert found.alarm[CLEAN]
    assert bank.to_arrays()["numbers"][0, layout.FAULT + fault.SINCE] == 0.0
    _, found = judged(values)
    watched = int(WATCHED)
    assert (found.kind[CLEAN + 12 : CLEAN + watched + 1] == Kind.SPIKE).all()
    assert (found.kind[CLEAN + watched + 1 :] == Kind.NONE).all()


def test_what_begins_anew_while_it_is_watched_is_named_with_what_was_before() -> None:
    """The readings just before the second one are no measure of what is usual."""
    values = noise(CLEAN + 42)
    spike(values[CLEAN:])
    spike(values[CLEAN + 31 :])
    bank, found = judged(values)
    assert found.alarm[[CLEAN, CLEAN + 31]].all()
    assert (found.kind[CLEAN:] != Kind.NONE).all()
    numbers = bank.to_arrays()["numbers"][0]
    assert numbers[layout.FAULT + fault.SEEN] == 41.0
    assert numbers[layout.FAULT + fault.AGE] == 10.0, "it is accepted by its own age"


def test_a_level_that_leaves_while_a_fault_is_watched_is_watched_until_it_is_back() -> None:
    """A tank that is emptied and filled three times as fast. What goes down does not end as a
    drift: it comes back, and then has another name."""
    minutes = np.arange(2 * CLEAN)
    level = 50.0 + 30.0 * np.interp(minutes % 300, [0, 240, 300], [1.0, -1.0, 1.0])
    at = CLEAN + 60
    values = np.concatenate([level[:at], level[at + 3 * np.arange(300)]]) + 0.1 * noise(at + 300)
    _, found = judged(values)
    kinds = found.kind[at:]
    begin = int(np.flatnonzero(kinds != Kind.NONE)[0])
    end = begin + int(np.flatnonzero(kinds[begin:] == Kind.NONE)[0])
    late = begin + int(WATCHED) + 5
    bank, _ = judged(values[: at + late])
    of_fault = bank.to_arrays()["numbers"][0, layout.FAULT :]
    assert of_fault[fault.SINCE] == 0.0, "it is learned from"
    assert of_fault[fault.SHIFT] < 0.0
    assert kinds[late] == Kind.DRIFT
    assert late < end
    assert kinds[end - 1] == Kind.UNEXPECTED


def test_a_fault_is_not_watched_for_ever() -> None:
    numbers = np.zeros(fault.SIZE)
    for shift, last in ((0.0, WATCHED), (-3.0, NAMING_AGES[-1])):
        numbers[fault.SHIFT] = shift
        numbers[fault.SEEN] = last - 1.0
        assert not call_is_watched_no_longer(numbers)
        numbers[fault.SEEN] = last
        assert call_is_watched_no_longer(numbers)
    numbers[fault.SINCE] = 1.7e9
    assert not call_is_watched_no_longer(numbers)


def test_there_is_no_kind_where_nothing_is_wrong() -> None:
    _, found = judged(noise(CLEAN))
    assert (found.kind[found.outcome == Outcome.NORMAL] == Kind.NONE).mean() > 0.97


def test_a_new_normal_is_accepted_after_adapt_after() -> None:
    values = noise(CLEAN + 900)
    level_shift(values[CLEAN:])
    _, found = judged(values, adapt_after="6h")
    accepted = np.flatnonzero(found.accepted)
    assert (accepted - CLEAN).tolist() == pytest.approx([360], abs=10)
    assert (found.kind[CLEAN + 20 : accepted[0]] == Kind.LEVEL_SHIFT).all(), "it lasts until then"
    assert (found.outcome[accepted[0] + 100 :] == Outcome.NORMAL).mean() > 0.98


@pytest.mark.parametrize("adapt_after", ["never", "on_ack"])
def test_or_it_is_not(adapt_after: str) -> None:
    values = noise(CLEAN + 900)
    level_shift(values[CLEAN:])
    bank, found = judged(values, adapt_after=adapt_after)
    assert not found.accepted.any()
    assert found.outcome[-1] == Outcome.ANOMALY
    bank.accept(0)
    after = bank.step([0], [30.0], [1.7e9 + MINUTE * len(values)])
    assert after.accepted.all()


def test_nothing_wrong_cannot_be_accepted() -> None:
    bank, _ = judged(noise(400))
    bank.accept(0)
    assert not bank.step([0], [20.0], [1.7e9 + MINUTE * 400]).accepted.any()


def test_the_network_does_not_learn_a_fault() -> None:
    """The weights stay as they are from the alarm on, and change again after the end."""
    values = noise(CLEAN + 400)
    level_shift(values[CLEAN : CLEAN + 100])
    bank = Bank(config(retrain_every="never"))
    slot, size = bank.slot("s"), layout.arrays(8).v
    weights = []
    for k in range(0, len(values), 10):
        part = np.arange(k, min(k + 10, len(values)))
        bank.step(np.full(len(part), slot), values[part], 1.7e9 + MINUTE * part)
        weights.append(bank.to_arrays()["rows"][0, :size].tobytes())
    begin, end = CLEAN // 10 + 1, (CLEAN + 100) // 10
    assert len(set(weights[begin:end])) == 1
    assert weights[-1] != weights[end - 1]


def test_retraining_waits_for_the_end_of_a_fault_and_leaves_it_out() -> None:
    values = noise(CLEAN + 400)
    level_shift(values[CLEAN : CLEAN + 200])
    bank = Bank(config(retrain_every="1h", adapt_after="never"))
    slot = bank.slot("s")
    at = 1.7e9 + MINUTE * np.arange(len(values))
    bank.step(np.full(CLEAN + 5, slot), values[: CLEAN + 5], at[: CLEAN + 5])
    before = bank.status().retrainings + bank.status().rejected_retrainings
    during = slice(CLEAN + 40, CLEAN + 200)
    bank.step(np.full(CLEAN + 40 - CLEAN - 5, slot), values[CLEAN + 5 : CLEAN + 40],
              at[CLEAN + 5 : CLEAN + 40])  # fmt: skip
    bank.step(np.full(160, slot), values[during], at[during])
    after = bank.status().retrainings + bank.status().rejected_retrainings
    assert after - before <= 1, "one was running"
    bank.step(np.full(100, slot), values[CLEAN + 200 : CLEAN + 300], at[CLEAN + 200 : CLEAN + 300])
    stored = bank.to_arrays()
    numbers = stored["numbers"][slot]
    assert numbers[layout.FAULT + fault.CLEAN_FROM] > CLEAN + 200
    fine, _ = past_of(numbers, stored["rows"][slot], bank.config.hidden)
    assert len(fine.targets) < 100


@pytest.mark.parametrize("adapt_after", ["6h", "never"])
def test_hard_limits_hold_from_the_first_reading_and_for_ever(adapt_after: str) -> None:
    limits = [{"streams": ["x/*"], "high": 0.0}, {"streams": ["s*"], "low": 10.0, "high": 30.0}]
    _, found = judged(np.full(900, 31.0), limits=limits, adapt_after=adapt_after)
    assert (found.outcome == Outcome.ANOMALY).all()
    assert (found.kind == Kind.OUT_OF_RANGE).all()
    assert (found.score >= 2.0).all()
    assert found.alarm[0]
    _, found = judged(np.full(900, 30.0), limits=limits)
    assert not found.alarm.any()


def test_limits_come_back_with_the_settings_not_with_the_state() -> None:
    bank, _ = judged(np.full(10, 31.0), limits=[{"high": 30.0}])
    heir = Bank.from_arrays(config(limits=[{"high": 40.0}]), bank.to_arrays())
    later = 1.7e9 + MINUTE * 20
    assert not heir.step([0], [31.0], [later]).alarm.any()
    assert heir.step([0], [41.0], [later + 1.0]).alarm.all()


def test_a_slow_poisoning_is_a_drift_long_before_it_is_done() -> None:
    """60 deviations over 60 days: everything that follows the stream would follow it."""
    every, days = 900.0, 90
    at = every * np.arange(days * DAY / every)
    values = noise(len(at)) + np.clip(at / DAY - 30.0, 0.0, None)
    bank = Bank(config(retrain_every="1d"))
    found = bank.step(np.full(len(at), bank.slot("s")), values, 1.7e9 + at)
    first = at[(found.kind == Kind.DRIFT) & (found.outcome == Outcome.ANOMALY)][0] / DAY - 30.0
    assert 0.0 < first < 15.0


def test_a_counter_does_not_drift() -> None:
    at = 900.0 * np.arange(6000)
    values = 0.25 * np.arange(6000) + 0.01 * noise(6000)
    bank = Bank(config())
    found = bank.step(np.full(len(at), bank.slot("s")), values, 1.7e9 + at)
    assert not (found.kind == Kind.DRIFT).any()
