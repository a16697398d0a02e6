"""Retraining beside the detector: one worker thread runs the jobs in their order."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from streamrnn.detect import TrainingJob, TrainingResult, train
from streamrnn.service.fleet import TrainingCounts

log = logging.getLogger("streamrnn.trainer")


class ThreadRetrainer:
    """A `detect.Retrainer` over a thread. `submit`, `result` and `close` belong to one thread.

    A job that raises leaves the stream's networks as they are, is logged and counted. It cannot
    end the worker: the executor hands the exception over with the result.
    """

    def __init__(self, run: Callable[[TrainingJob], TrainingResult] = train) -> None:
        self._run = run
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="trainer")
        self._running: dict[int, Future[TrainingResult]] = {}
        self._counts = TrainingCounts()

    def submit(self, job: TrainingJob) -> None:
        self._running[job.job_id] = self._worker.submit(self._attempt, job)

    def result(self, job: TrainingJob) -> TrainingResult:
        return self._running.pop(job.job_id).result()

    def close(self) -> None:
        """Ends the thread after the job at hand; those that wait are given up."""
        self._worker.shutdown(cancel_futures=True)

    @property
    def counts(self) -> TrainingCounts:
        """All jobs so far. May be read from any thread."""
        return self._counts

    def _attempt(self, job: TrainingJob) -> TrainingResult:
        """On the worker, the only one to write the counts."""
        begun = time.perf_counter()
        accepted = rejected = failed = 0
        try:
            result = self._run(job)
            accepted, rejected = (1, 0) if any(result.accepted) else (0, 1)
        except Exception:
            log.exception("training_failed", extra={"data": {"job": job.job_id}})
            result = TrainingResult(job.job_id, job.parameters, (False, False))
            failed = 1
        before = self._counts
        self._counts = TrainingCounts(
            accepted=before.accepted + accepted,
            rejected=before.rejected + rejected,
            failed=before.failed + failed,
            duration_seconds=before.duration_seconds + time.perf_counter() - begun,
        )
        return result
