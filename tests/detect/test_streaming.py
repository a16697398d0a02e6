"""One reading at a time, in batches of any size, stored and restored in between, alone or among
others, trained here or in another thread: the same bits."""

from __future__ import annotations

import itertools
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank, Retrainer, TrainingJob, TrainingResult, train
from streamrnn.detect.recipe import RANGE_WARM_READINGS
from streamrnn.records import Outcome
from tests.detect.streams import (
    RETRAINING,
    Columns,
    assert_same_bits,
    joined,
    rough_fleet,
    rough_stream,
    rows,
    seconds,
    sine,
    step,
    step_one,
)

SEEDS = st.integers(0, 2**32 - 1)
LENGTH = int(RANGE_WARM_READINGS) + 80  # readings of one stream
CUTS = st.lists(st.integers(0, 2 * LENGTH), max_size=12).map(sorted)


def parts(columns: Columns, cuts: list[int]) -> list[Columns]:
    edges = [0, *cuts, len(columns.values)]
    return [Columns._make(column[a:b] for column in columns) for a, b in itertools.pairwise(edges)]


def restored(bank: Bank, retrainer: Retrainer | None = None) -> Bank:
    return Bank.from_arrays(bank.config, bank.to_arrays(), retrainer)


class EagerRetrainer:
    """Trains as soon as a job is there, in another thread."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool = pool
        self.running: dict[int, Future[TrainingResult]] = {}

    def submit(self, job: TrainingJob) -> None:
        self.running[job.job_id] = self.pool.submit(train, job)

    def result(self, job: TrainingJob) -> TrainingResult:
        return self.running.pop(job.job_id).result()


def test_the_streams_of_these_tests_are_retrained_and_hold_every_outcome() -> None:
    outcomes: set[int] = set()
    retrained = 0
    for seed in range(6):
        bank = Bank(RETRAINING)
        outcomes |= set(step(bank, rough_fleet(seed, 3, LENGTH)).outcome.tolist())
        retrained += int(bank.status().retrainings.sum())
    assert outcomes == set(Outcome)
    assert retrained > 20


@given(seed=SEEDS, cuts=CUTS)
@settings(max_examples=30)
def test_batches_of_any_size_decide_as_one(seed: int, cuts: list[int]) -> None:
    columns = rough_fleet(seed, 2, LENGTH)
    whole = step(Bank(RETRAINING), columns)
    bank = Bank(RETRAINING)
    assert_same_bits(joined([step(bank, part) for part in parts(columns, cuts)]), whole)


@given(seed=SEEDS)
@settings(max_examples=8)
def test_one_by_one_decides_as_one_batch(seed: int) -> None:
    columns = rough_fleet(seed, 2, LENGTH)
    bank = Bank(RETRAINING)
    singly = [step(bank, part) for part in parts(columns, list(range(1, 2 * LENGTH)))]
    assert_same_bits(joined(singly), step(Bank(RETRAINING), columns))


@given(seed=SEEDS, cuts=CUTS)
@settings(max_examples=20)
def test_a_restart_at_any_point_changes_no_decision(seed: int, cuts: list[int]) -> None:
    columns = rough_fleet(seed, 2, LENGTH)
    bank, decided = Bank(RETRAINING), []
    for part in parts(columns, cuts):
        decided.append(step(bank, part))
        bank = restored(bank)
    assert_same_bits(joined(decided), step(Bank(RETRAINING), columns))


@given(seed=SEEDS, others=st.integers(1, 4))
@settings(max_examples=20)
def test_a_device_among_others_decides_as_it_does_alone(seed: int, others: int) -> None:
    columns = rough_fleet(seed, 1 + others, LENGTH, name="plant{}/x")
    together = step(Bank(RETRAINING), columns)
    for name in set(columns.streams):
        mine = np.array([stream == name for stream in columns.streams])
        alone = step_one(Bank(RETRAINING), columns.values[mine], columns.times[mine], name)
        assert_same_bits(rows(together, mine), alone)


@given(seed=SEEDS, cuts=CUTS)
@settings(max_examples=10)
def test_training_in_another_thread_changes_no_decision(seed: int, cuts: list[int]) -> None:
    columns = rough_fleet(seed, 2, LENGTH)
    with ThreadPoolExecutor(1) as pool:
        bank, decided = Bank(RETRAINING, EagerRetrainer(pool)), []
        for part in parts(columns, cuts):
            decided.append(step(bank, part))
            bank = restored(bank, EagerRetrainer(pool))
    assert_same_bits(joined(decided), step(Bank(RETRAINING), columns))


@pytest.mark.parametrize("update", [{"seed": 8}, {"retrain_every": 90.0}], ids=str)
def test_decisions_do_depend_on_seed_and_retraining(update: dict[str, float]) -> None:
    """Else the tests above would prove nothing."""
    values, times = sine(LENGTH), seconds(LENGTH)
    other: DetectorConfig = RETRAINING.model_copy(update=update)
    found, changed = (step_one(Bank(config), values, times) for config in (RETRAINING, other))
    assert found.score.tobytes() != changed.score.tobytes()


def test_a_deterministic_bank_has_equal_state_too() -> None:
    states = []
    for _ in range(2):
        bank = Bank(RETRAINING)
        step_one(bank, *rough_stream(3, LENGTH))
        states.append({name: a.tobytes() for name, a in bank.to_arrays().items()})
    assert states[0] == states[1]
