"""The project's own kernels with a loop around them: over streams, and again for the clock."""

from __future__ import annotations

import functools
from typing import Any

from streamrnn.detect.layout import parameter_count
from streamrnn.detect.recipe import INPUTS
from streamrnn.kernels.bptt import window_gradient
from streamrnn.kernels.elman import elman_step
from streamrnn.kernels.head import head_output
from streamrnn.kernels.jit import kernel
from streamrnn.kernels.optimiser import clip_norm, sgd
from streamrnn.kernels.vector import load, store

D = INPUTS


@functools.cache
def make_step(H: int) -> Any:
    P = parameter_count(H)

    @kernel
    def step(p: Any, x: Any, s: Any, o: Any, rounds: int) -> None:
        """One step of n streams, `rounds` times. p (n, P), x (n, D), s (n, H), o (n), all flat."""
        for _ in range(rounds):
            for k in range(o.shape[0]):
                elman_step(p, k * P, x, k * D, s, k * H, s, k * H, D, H, 0)
                o[k] = head_output(p, k * P, s, k * H, D, H)

    return step


@functools.cache
def make_train(H: int, T: int) -> Any:
    P = parameter_count(H)

    @kernel
    def train(
        p: Any, x: Any, y: Any, s0: Any, g: Any, s: Any, do: Any, ds: Any, W_rows: Any,
        streams: int, rounds: int, huber: float, limit: float, rate: float,
    ) -> None:  # fmt: skip
        """One SGD update of every stream from a window of T steps, `rounds` times.

        p (streams, P), x (streams, T, D), y (streams, T), s0 (streams, H), all flat; the rest is
        the scratch of `window_gradient`.
        """
        for _ in range(rounds):
            for k in range(streams):
                store(s, 0, load(s0, k * H, H))
                window_gradient(
                    p, k * P, g, x, k * T * D, D, y, k * T, s, do, ds, W_rows, T, huber,
                    D, H, P, 0,
                )  # fmt: skip
                clip_norm(g, P, limit)
                sgd(p, k * P, g, P, rate)

    return train
