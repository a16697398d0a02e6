"""The kernels against the same in C, compiled for this very processor."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.c_compiler import F32, Reference, find_compiler
from benchmarks.compiled import D, make_step, make_train
from benchmarks.figure import Figure, Goal
from benchmarks.stopwatch import Comparison, compare, median_seconds, timed
from streamrnn.detect.layout import parameter_count
from streamrnn.detect.recipe import GRADIENT_NORM, HUBER

T = 16  # steps of the training window, as in reference.c
STREAMS = 64  # their parameters fit into a level 2 cache: what is compared is arithmetic
RULE = (HUBER, GRADIENT_NORM, 1e-6)  # the rate hardly moves the weights: every round is alike
_GOAL = Goal(1.5)
_MOST_DIFFERENCE = 1e-5  # float32, summed in another order


def measure(
    sizes: Sequence[int] = (8, 16, 32),
    rounds: int = 41,
    seconds: float = 2e-3,
    compiler: Callable[[], str | None] = find_compiler,
) -> Iterator[Figure]:
    """seconds: about how long one timing takes. compiler: finds one."""
    cc = compiler()
    with tempfile.TemporaryDirectory() as folder:
        for H in sizes:
            reference = Reference(cc, H, Path(folder)) if cc else None
            yield _figure(f"Elman step, H={H}", _step(H, reference, rounds, seconds))
            yield _figure(f"window of {T} steps, H={H}", _train(H, reference, rounds, seconds))


def _figure(name: str, found: Comparison | float) -> Figure:
    """found: seconds per stream; alone where there is no C to compare with."""
    name = f"{name}: ours / C"
    if isinstance(found, Comparison):
        note = f"{found.ours * 1e9:.0f} ns against {found.other * 1e9:.0f} ns"
        return Figure(
            group="kernels", name=name, value=found.ratio, unit="x", goal=_GOAL, note=note
        )
    note = f"no C compiler; ours alone takes {found * 1e9:.0f} ns"
    return Figure(group="kernels", name=name, value=None, unit="x", goal=_GOAL, note=note)


def _step(H: int, reference: Reference | None, rounds: int, seconds: float) -> Comparison | float:
    step = make_step(H)
    p, x, _, s = _inputs(H)
    x = x.reshape(STREAMS, T, D)[:, 0].ravel()
    o = np.zeros(STREAMS, np.float32)
    repeats = max(1, round(seconds / (STREAMS * H * 2e-9)))
    ours = timed(lambda: step(p, x, s, o, repeats))
    if reference is None:
        return median_seconds(ours, rounds) / (STREAMS * repeats)
    s_of_c, o_of_c = s.copy(), o.copy()
    other = timed(lambda: reference.step(p, x, s_of_c, o_of_c, repeats))
    return _compared(ours, other, o, o_of_c, rounds, repeats)


def _train(H: int, reference: Reference | None, rounds: int, seconds: float) -> Comparison | float:
    train = make_train(H, T)
    p, x, y, s0 = _inputs(H)
    sizes = (parameter_count(H), (T + 1) * H, T, T * H, H * H)
    scratch = [np.zeros(size, np.float32) for size in sizes]
    repeats = max(1, round(seconds / (STREAMS * H * 1e-7)))
    p_of_c = p.copy()
    ours = timed(lambda: train(p, x, y, s0, *scratch, STREAMS, repeats, *RULE))
    if reference is None:
        return median_seconds(ours, rounds) / (STREAMS * repeats)
    other = timed(
        lambda: reference.train(p_of_c, x, y, s0, streams=STREAMS, rounds=repeats, rule=RULE)
    )
    return _compared(ours, other, p, p_of_c, rounds, repeats)


def _compared(
    ours: Callable[[], float],
    other: Callable[[], float],
    result: F32,
    result_of_c: F32,
    rounds: int,
    repeats: int,
) -> Comparison:
    """The comparison per stream; a fast wrong result is none."""
    found = compare(ours, other, rounds)
    np.testing.assert_allclose(result, result_of_c, rtol=0.0, atol=_MOST_DIFFERENCE)
    each = STREAMS * repeats
    return Comparison(found.ratio, found.ours / each, found.other / each)


def _inputs(H: int) -> tuple[F32, F32, F32, F32]:
    """p (STREAMS, P), x (STREAMS, T, D), y (STREAMS, T), s (STREAMS, H), flat."""
    random = np.random.default_rng(0)
    # small enough to contract: differences in rounding must fade, not grow
    p = random.normal(0.0, 0.5 / math.sqrt(H), (STREAMS, parameter_count(H)))
    p[:, D * H + H * H + 2 * H + 1 :] = 0.0
    x = random.normal(size=STREAMS * T * D)
    y = random.normal(size=STREAMS * T)
    s = random.uniform(-0.5, 0.5, STREAMS * H)
    return _f32(p), _f32(x), _f32(y), _f32(s)


def _f32(a: NDArray[np.float64]) -> F32:
    return a.astype(np.float32).ravel()
