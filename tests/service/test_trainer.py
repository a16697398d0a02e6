"""The trainer thread: the same results as without a thread, and failures that stay its own."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank, TrainingJob, TrainingResult
from streamrnn.service.trainer import ThreadRetrainer

LONG_SECONDS = 30.0


def job(number: int) -> TrainingJob:
    """Not for training."""
    return TrainingJob(number, 16, 0, (0,), np.zeros((2, 4), np.float32), ())  # type: ignore[arg-type]


def improved(number: int) -> TrainingResult:
    return TrainingResult(number, np.ones((2, 4), np.float32), (True, False))


def test_a_bank_decides_the_same_with_and_without_the_thread() -> None:
    config = DetectorConfig(warm_up=60, retrain_every="200s")
    trainer = ThreadRetrainer()
    banks = Bank(config), Bank(config, trainer)
    times = np.arange(900.0)
    values = np.sin(times / 9) + np.random.default_rng(1).normal(0, 0.1, times.size)
    for bank in banks:
        bank.step(np.full(times.size, bank.slot("a")), values, times)
    trainer.close()
    inline, threaded = (bank.to_arrays() for bank in banks)
    for name in inline:
        np.testing.assert_array_equal(inline[name], threaded[name])
    assert trainer.counts.accepted + trainer.counts.rejected > 0
    assert trainer.counts.duration_seconds > 0.0


def test_a_job_that_raises_changes_nothing_and_the_next_one_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def run(asked: TrainingJob) -> TrainingResult:
        if asked.job_id == 1:
            raise FloatingPointError("loss is not finite")
        return improved(asked.job_id)

    trainer = ThreadRetrainer(run)
    failing, working = job(1), job(2)
    trainer.submit(failing)
    trainer.submit(working)
    result = trainer.result(failing)
    assert result.accepted == (False, False)
    np.testing.assert_array_equal(result.parameters, failing.parameters)
    assert trainer.result(working).accepted == (True, False)
    assert (trainer.counts.failed, trainer.counts.accepted) == (1, 1)
    assert "training_failed" in caplog.text
    trainer.close()


def test_handing_over_a_job_does_not_wait_for_it() -> None:
    gate = threading.Event()

    def run(asked: TrainingJob) -> TrainingResult:
        assert gate.wait(LONG_SECONDS)
        return improved(asked.job_id)

    trainer = ThreadRetrainer(run)
    jobs = [job(number) for number in range(3)]
    for waiting in jobs:
        trainer.submit(waiting)
    gate.set()
    assert [trainer.result(waiting).job_id for waiting in jobs] == [0, 1, 2]
    trainer.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_dies_is_replaced_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    def run(asked: TrainingJob) -> TrainingResult:
        if asked.job_id == 1:
            raise SystemExit  # not an Exception: ends the thread
        return improved(asked.job_id)

    trainer = ThreadRetrainer(run)
    fatal, working = job(1), job(2)
    trainer.submit(fatal)
    trainer.submit(working)
    assert trainer.result(fatal).accepted == (False, False)
    assert trainer.result(working).accepted == (True, False)
    assert (trainer.counts.restarts, trainer.counts.failed, trainer.counts.accepted) == (1, 1, 1)
    assert caplog.text.count("trainer_restarted") == 1
    trainer.close()


def test_a_worker_that_hangs_is_left_behind_with_its_job() -> None:
    gate = threading.Event()

    def run(asked: TrainingJob) -> TrainingResult:
        if asked.job_id == 1:
            assert gate.wait(LONG_SECONDS)
        return improved(asked.job_id)

    trainer = ThreadRetrainer(run, patience_seconds=0.2)
    hanging, working = job(1), job(2)
    trainer.submit(hanging)
    trainer.submit(working)
    assert trainer.result(working).accepted == (True, False), "it did not wait for the other"
    assert trainer.result(hanging).accepted == (False, False)
    gate.set()
    trainer.close()
    assert (trainer.counts.restarts, trainer.counts.accepted) == (1, 1), "too late to count"
