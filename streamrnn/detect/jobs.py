"""A bank's training jobs: cut from a row, run by whoever trains, taken when the result is due."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect import fault, layout
from streamrnn.detect.network import gather_inputs
from streamrnn.detect.recipe import BLOCK_READINGS, COARSE, FINE, INPUTS
from streamrnn.detect.retrain import (
    History,
    InlineRetrainer,
    Retrainer,
    TrainingJob,
    TrainingResult,
)
from streamrnn.kernels.bfloat16 import widened


class Jobs:
    """By slot, at most one each. A result is kept until it is taken."""

    def __init__(self, retrainer: Retrainer | None = None) -> None:
        """retrainer: who runs them; without one they run when they are waited for."""
        self._retrainer: Retrainer = retrainer or InlineRetrainer()
        self._running: dict[int, TrainingJob] = {}
        self._results: dict[int, TrainingResult] = {}
        self._submitted = 0

    def next_id(self) -> int:
        """For the job that is submitted next."""
        self._submitted += 1
        return self._submitted

    def submit(self, slot: int, job: TrainingJob) -> None:
        self._running[slot] = job
        self._retrainer.submit(job)

    def take(self, slot: int) -> TrainingResult:
        """The result of a job, once; waits for it."""
        self._wait(slot)
        return self._results.pop(slot)

    def drop(self, slot: int) -> None:
        """Whatever runs for the slot is of no use any more. Waits for it, as who trains takes
        nothing back."""
        self._wait(slot)
        self._results.pop(slot, None)

    def results(self) -> dict[int, TrainingResult]:
        """All that are not taken yet, by slot in rising order; waits for running jobs, about a
        millisecond each."""
        for slot in list(self._running):
            self._wait(slot)
        return dict(sorted(self._results.items()))

    def restore(self, results: Mapping[int, TrainingResult]) -> None:
        """Takes up what `results` returned."""
        self._results.update(results)

    def _wait(self, slot: int) -> None:
        job = self._running.pop(slot, None)
        if job is not None:
            self._results[slot] = self._retrainer.result(job)


def past_of(
    numbers: NDArray[np.float64], row: NDArray[np.float32], H: int
) -> tuple[History, History]:
    """What a stream's networks are trained on, fine and coarse; copies.

    numbers: (NUMBERS,); row: (row_size(H),).
    """
    fine, coarse = (_history(numbers, row, H, c) for c in (FINE, COARSE))
    return fine, coarse


def _history(numbers: NDArray[np.float64], row: NDArray[np.float32], H: int, c: int) -> History:
    channel = layout.arrays(H)
    first = 2 * (c * channel.size + channel.x)
    end = first + int(numbers[layout.channel(c) + layout.LENGTH])
    # no fault is learned: what was before the end of the last one is left out
    clean = numbers[layout.READINGS] - numbers[layout.FAULT + fault.CLEAN_FROM]
    steps = int(clean / BLOCK_READINGS) if c == COARSE else int(clean)
    run = int(numbers[layout.channel(c) + layout.RUN])  # since the last gap
    length = min(end - first, steps, run)
    values = widened(row.view(np.uint16)[end - length : end])
    targets = np.append(values[1:], np.float32(np.nan))
    inputs = np.zeros((length, INPUTS), np.float32)
    block, seconds = numbers[layout.BLOCK_INDEX], numbers[layout.BLOCK_SECONDS]
    gather_inputs(inputs.reshape(-1), c, row, end - length, end - 1, length, block, seconds)
    return History(inputs, targets)
