"""Retraining beside the detector: one worker thread runs the jobs in their order.

A job that raises, a worker that dies and one that hangs cost a retraining each, and nothing else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Final

from streamrnn.detect import TrainingJob, TrainingResult, train
from streamrnn.service import failpoint
from streamrnn.service.failpoint import Failpoint
from streamrnn.service.fleet import TrainingCounts

log = logging.getLogger("streamrnn.trainer")

PATIENCE_SECONDS: Final = 5.0
"""A job takes about a millisecond; on a machine under load a hundred."""
_CLOSE_SECONDS: Final = 0.5  # at stop nobody needs the result

_LOOK_SECONDS: Final = 0.1


class _Task:
    """One job on its way; what comes of it is set by the worker, or by whoever gave the worker up,
    whichever is first."""

    def __init__(self, job: TrainingJob) -> None:
        self.job = job
        self.result: Future[TrainingResult] = Future()

    def leave_as_it_is(self) -> None:
        rejected = TrainingResult(self.job.job_id, self.job.parameters, (False, False))
        self.result.set_result(rejected)


class _Worker:
    """A thread that runs tasks until it is given up, dies or is told to end."""

    def __init__(
        self, tasks: deque[_Task], run: Callable[[_Worker, _Task], None], patience: float
    ) -> None:
        self.task: _Task | None = None  # at hand
        self.begun_at = 0.0  # monotonic
        self.given_up = False
        self._tasks = tasks
        self._run_task = run
        self._patience = patience
        self._work = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trainer", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._work.set()

    def end(self, timeout: float) -> None:
        """After the task at hand, which is waited for that long at most."""
        self.given_up = True
        self._work.set()
        self._thread.join(timeout)

    def problem(self) -> str:
        """Why it must be replaced; empty when it need not be."""
        if not self._thread.is_alive():
            return "died"
        task, begun_at = self.task, self.begun_at
        if task is not None and time.monotonic() - begun_at > self._patience:
            return f"hangs for more than {self._patience:g} s"
        return ""

    def _run(self) -> None:
        while not self.given_up:
            if not self._tasks:
                self._work.wait()
                self._work.clear()
                continue
            self.begun_at = time.monotonic()
            self.task = task = self._tasks.popleft()
            self._run_task(self, task)
            self.task = None


class ThreadRetrainer:
    """A `detect.Retrainer` over a thread; its methods belong to one other thread. A job that goes
    wrong leaves the stream's networks as they are, is logged and counted.
    """

    def __init__(
        self,
        run: Callable[[TrainingJob], TrainingResult] = train,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        at: Failpoint = failpoint.nothing,
    ) -> None:
        self._run = run
        self._patience = patience_seconds
        self._at = at
        self._tasks: deque[_Task] = deque()
        self._running: dict[int, _Task] = {}  # by job
        self._counts = TrainingCounts()
        self._worker = _Worker(self._tasks, self._attempt, self._patience)

    def submit(self, job: TrainingJob) -> None:
        task = self._running[job.job_id] = _Task(job)
        self._tasks.append(task)
        self._worker.wake()

    def result(self, job: TrainingJob) -> TrainingResult:
        task = self._running.pop(job.job_id)
        while True:
            try:
                result = task.result.result(_LOOK_SECONDS)
            except TimeoutError:
                self.look_after()
            else:
                self._at(failpoint.TRAINED)
                return result

    def look_after(self) -> None:
        """Replace a worker that died or hangs. Called now and then, so that nobody has to wait for
        such a one."""
        problem = self._worker.problem()
        if not problem:
            return
        lost, self._worker.given_up = self._worker.task, True
        if lost is not None and not lost.result.done():
            lost.leave_as_it_is()
        log.error("trainer_restarted", extra={"data": {"reason": problem}})
        counts = self._counts
        self._counts = replace(counts, failed=counts.failed + 1, restarts=counts.restarts + 1)
        self._worker = _Worker(self._tasks, self._attempt, self._patience)

    def close(self) -> None:
        """Ends the thread after the job at hand; those that wait are given up."""
        self._tasks.clear()
        self._worker.end(min(self._patience, _CLOSE_SECONDS))

    @property
    def counts(self) -> TrainingCounts:
        """All jobs so far. May be read from any thread."""
        return self._counts

    def _attempt(self, worker: _Worker, task: _Task) -> None:
        """On the worker's thread, the only one to write the counts while it is well."""
        job = task.job
        begun = time.perf_counter()
        accepted = rejected = failed = 0
        try:
            result = self._run(job)
            accepted, rejected = (1, 0) if any(result.accepted) else (0, 1)
        except Exception:
            log.exception("training_failed", extra={"data": {"job": job.job_id}})
            result = TrainingResult(job.job_id, job.parameters, (False, False))
            failed = 1
        if worker.given_up:  # too late: it was counted and settled as hanging
            return
        before = self._counts
        self._counts = replace(
            before,
            accepted=before.accepted + accepted,
            rejected=before.rejected + rejected,
            failed=before.failed + failed,
            duration_seconds=before.duration_seconds + time.perf_counter() - begun,
        )
        task.result.set_result(result)
