"""Many independent jobs on all cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_parallel(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    processes: int,
    done: Callable[[], object],
) -> list[Result]:
    """`work` of every job, in their order; `done` is called after each. What goes wrong in one
    ends all. work, jobs and results travel between processes: they must be picklable. A single
    process is this one."""
    if processes == 1:
        return [_announced(work(job), done) for job in jobs]
    results: dict[int, Result] = {}
    # Spawned, not forked: Numba and whoever calls us may have threads.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        running = {pool.submit(work, job): index for index, job in enumerate(jobs)}
        for future in as_completed(running):
            results[running[future]] = future.result()
            done()
    finally:
        pool.shutdown(cancel_futures=True)
    return [results[index] for index in range(len(jobs))]


def _announced(result: Result, done: Callable[[], object]) -> Result:
    done()
    return result
