from __future__ import annotations

import numpy as np
import pytest

from streamrnn.detect import Bank, fault, layout
from streamrnn.detect.jobs import Jobs, past_of
from streamrnn.detect.recipe import BLOCK_READINGS, COARSE, FINE, HISTORY, INPUTS
from streamrnn.detect.retrain import History, TrainingJob, TrainingResult
from streamrnn.kernels.bfloat16 import widened
from tests.detect.streams import QUIET, seconds, sine, step_one

H = QUIET.hidden
NOTHING = np.zeros((2, 1), np.float32)
EMPTY = History(np.zeros((0, INPUTS), np.float32), np.zeros(0, np.float32))


class Trainer:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.submitted: list[int] = []
        self.waited_for: list[int] = []

    def submit(self, job: TrainingJob) -> None:
        self.submitted.append(job.job_id)

    def result(self, job: TrainingJob) -> TrainingResult:
        self.waited_for.append(job.job_id)
        return TrainingResult(job.job_id, NOTHING, (True, False))


def job(jobs: Jobs) -> TrainingJob:
    return TrainingJob(jobs.next_id(), H, 0, (0,), NOTHING, (EMPTY, EMPTY))


def test_a_result_is_waited_for_when_it_is_taken_and_taken_once() -> None:
    trainer = Trainer()
    jobs = Jobs(trainer)
    jobs.submit(3, job(jobs))
    assert (trainer.submitted, trainer.waited_for) == ([1], [])
    assert jobs.take(3).job_id == 1
    assert trainer.waited_for == [1]
    with pytest.raises(KeyError):
        jobs.take(3)


def test_every_job_has_a_number_of_its_own() -> None:
    jobs = Jobs(Trainer())
    assert [job(jobs).job_id for _ in range(3)] == [1, 2, 3]


def test_results_are_kept_by_slot_until_they_are_taken() -> None:
    jobs = Jobs(Trainer())
    for slot in (5, 2):
        jobs.submit(slot, job(jobs))
    assert {slot: result.job_id for slot, result in jobs.results().items()} == {2: 2, 5: 1}
    assert list(jobs.results()) == [2, 5]
    assert jobs.take(5).job_id == 1
    assert list(jobs.results()) == [2]


def test_what_is_dropped_is_waited_for_and_gone() -> None:
    trainer = Trainer()
    jobs = Jobs(trainer)
    jobs.submit(1, job(jobs))
    jobs.drop(1)
    jobs.drop(9)  # nothing ran
    assert trainer.waited_for == [1]
    assert jobs.results() == {}


def test_restored_results_can_be_taken() -> None:
    jobs, restored = Jobs(Trainer()), Jobs(Trainer())
    jobs.submit(4, job(jobs))
    restored.restore(jobs.results())
    assert restored.take(4).accepted == (True, False)


# --- what a job is cut from ---------------------------------------------------------------------


def row_after(readings: int) -> tuple[np.ndarray, np.ndarray]:
    bank = Bank(QUIET)
    step_one(bank, sine(readings), seconds(readings))
    arrays = bank.to_arrays()
    return arrays["numbers"][0], arrays["rows"][0]


def test_the_past_is_each_value_with_the_ones_before_it_and_the_next_as_target() -> None:
    numbers, row = row_after(100)
    fine, coarse = past_of(numbers, row, H)
    x = 2 * (FINE * layout.arrays(H).size + layout.arrays(H).x)
    values = widened(row.view(np.uint16)[x : x + 100])
    np.testing.assert_array_equal(fine.inputs[:, 0], values)
    np.testing.assert_array_equal(fine.inputs[INPUTS:, INPUTS - 1], values[1 : 101 - INPUTS])
    np.testing.assert_array_equal(fine.targets[:-1], values[1:])
    assert np.isnan(fine.targets[-1])
    blocks = int(numbers[layout.channel(COARSE) + layout.LENGTH])
    assert len(coarse.targets) == blocks > 1
    np.testing.assert_allclose(np.hypot(*coarse.inputs[:, 1:3].T), 1.0, rtol=1e-5)


def test_the_past_is_as_long_as_the_history_at_most() -> None:
    fine, _ = past_of(*row_after(3 * HISTORY), H)
    assert HISTORY // 2 < len(fine.targets) <= HISTORY


def test_what_was_before_the_end_of_a_fault_is_left_out() -> None:
    numbers, row = row_after(100)
    whole = past_of(numbers, row, H)[FINE]
    numbers[layout.FAULT + fault.CLEAN_FROM] = 100.0 - 2.5 * BLOCK_READINGS
    fine, coarse = past_of(numbers, row, H)
    clean = int(2.5 * BLOCK_READINGS)
    assert (len(fine.targets), len(coarse.targets)) == (clean, 2)
    np.testing.assert_array_equal(fine.inputs[:, 0], whole.inputs[-clean:, 0])


def test_the_past_is_a_copy() -> None:
    numbers, row = row_after(100)
    fine, coarse = past_of(numbers, row, H)
    kept = fine.inputs.copy(), coarse.inputs.copy()
    row[:] = np.nan
    for history, wanted in zip((fine, coarse), kept, strict=True):
        np.testing.assert_array_equal(history.inputs, wanted)
