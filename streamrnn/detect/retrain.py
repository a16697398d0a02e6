"""Retraining: a challenger learns from the recent past and must beat the champion to replace it.

The job carries copies and the result is a value, so it may run in any thread; about a millisecond.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect.layout import parameter_count
from streamrnn.detect.recipe import (
    GRADIENT_NORM,
    HUBER,
    INPUTS,
    RETRAIN_EPOCHS,
    RETRAIN_HOLD_OUT,
    RETRAIN_RATE,
    RETRAIN_TOLERANCE,
    RETRAIN_WINDOW,
)
from streamrnn.kernels.bptt import window_gradient
from streamrnn.kernels.elman import elman_step
from streamrnn.kernels.head import head_output
from streamrnn.kernels.jit import kernel
from streamrnn.kernels.optimiser import adam, clip_norm
from streamrnn.kernels.vector import load, store

F32 = NDArray[np.float32]


class History(NamedTuple):
    """What one channel's network is trained on, oldest first."""

    inputs: F32  # (T, INPUTS)
    targets: F32  # (T,), NaN: not to be learned


class TrainingJob(NamedTuple):
    """Everything that retraining one stream needs; copies."""

    job_id: int  # unique within a bank
    H: int
    relu: int
    seed: tuple[int, ...]
    parameters: F32  # (2, P) the champions: fine, coarse
    histories: tuple[History, History]


class TrainingResult(NamedTuple):
    """parameters[c] replaces the champion of channel c where accepted[c]."""

    job_id: int
    parameters: F32  # (2, P)
    accepted: tuple[bool, bool]


class Retrainer(Protocol):
    """Who runs the jobs."""

    def submit(self, job: TrainingJob) -> None:
        """Takes a job; must not block."""

    def result(self, job: TrainingJob) -> TrainingResult:
        """The result of a submitted job; waits for it."""


class InlineRetrainer:
    """Trains when the result is asked for, in the caller's thread."""

    def submit(self, job: TrainingJob) -> None:
        pass

    def result(self, job: TrainingJob) -> TrainingResult:
        return train(job)


def train(job: TrainingJob) -> TrainingResult:
    """Trains a challenger for each channel. Pure; releases the GIL while it computes."""
    pairs = [_challenge(job, c) for c in range(len(job.histories))]
    parameters = np.stack([challenger for challenger, _ in pairs])
    fine, coarse = (accepted for _, accepted in pairs)
    return TrainingResult(job.job_id, parameters, (fine, coarse))


def _challenge(job: TrainingJob, c: int) -> tuple[F32, bool]:
    champion, (inputs, targets) = job.parameters[c].copy(), job.histories[c]
    challenger = champion.copy()
    T = RETRAIN_WINDOW
    held_out = int(len(targets) * (1.0 - RETRAIN_HOLD_OUT))
    if held_out < 2 * T:  # too little to learn from and to judge by
        return champion, False
    random = np.random.default_rng([*job.seed, c])
    # windows begin anywhere; the state is carried in from the first pass over the history
    starts = random.integers(0, held_out - T, RETRAIN_EPOCHS * (held_out // T))
    fit, loss = make_trainer(job.H, job.relu)
    fit(challenger, inputs.ravel(), targets, starts, T, RETRAIN_RATE)
    before = loss(champion, inputs.ravel(), targets, held_out)
    after = loss(challenger, inputs.ravel(), targets, held_out)
    finite = bool(np.isfinite(challenger).all()) and bool(np.isfinite(after))
    return challenger, finite and after <= RETRAIN_TOLERANCE * before


@functools.cache
def make_trainer(H: int, relu: int) -> tuple[Any, Any]:
    """(fit, loss) for H hidden units."""
    P = parameter_count(H)

    @kernel
    def fit(p: Any, u: Any, y: Any, starts: Any, T: int, rate: float) -> None:
        """Adam over the windows that begin at `starts`. u: inputs, flat; y: targets.

        The state before a window comes from a pass over the history with the first weights: stale
        as training goes on, but a far better guess than zero.
        """
        states = np.zeros((len(y) + 1) * H, np.float32)
        for t in range(len(y)):
            elman_step(p, 0, u, t * INPUTS, states, t * H, states, (t + 1) * H, INPUTS, H, relu)
        adam_state = np.zeros(3 * P, np.float32)
        adam_state[:P] = p
        g = np.zeros(P, np.float32)
        s = np.zeros((T + 1) * H, np.float32)
        do = np.zeros(T, np.float32)
        ds = np.zeros(T * H, np.float32)
        W_rows = np.zeros(H * H, np.float32)
        for i in range(len(starts)):
            t0 = starts[i]
            store(s, 0, load(states, t0 * H, H))
            window_gradient(
                adam_state, 0, g, u, t0 * INPUTS, INPUTS, y, t0, s, do, ds, W_rows, T, HUBER,
                INPUTS, H, P, relu,
            )  # fmt: skip
            clip_norm(g, P, GRADIENT_NORM)
            adam(adam_state, 0, g, P, 2 * P, P, rate, i + 1.0)
        p[:] = adam_state[:P]

    @kernel
    def loss(p: Any, u: Any, y: Any, first: int) -> Any:
        """Mean Huber loss over the targets from `first` on, the state warmed on those before."""
        s = np.zeros(H, np.float32)
        total, count = 0.0, 0
        for t in range(len(y)):
            elman_step(p, 0, u, t * INPUTS, s, 0, s, 0, INPUTS, H, relu)
            error = abs(head_output(p, 0, s, 0, INPUTS, H) - y[t])
            if t >= first and error == error:
                slope = min(error, HUBER)
                total += slope * (error - 0.5 * slope)
                count += 1
        return total / count if count > 0 else np.inf

    return fit, loss
