"""Recursive least squares: the linear forecast that fits the whole past, learned at every step.

    e = y - w'u
    k = P u / (lambda + u'P u)
    w <- w + k e
    P <- (P - k (P u)') / lambda

(Haykin, Adaptive Filter Theory, section 9.3), lambda = FORGETTING being the share of the past that
each step keeps. float32 is enough as long as P stays symmetric to the last bit; the order of its
products below sees to that. Where nothing new comes in, nothing is forgotten: P of a constant input
would grow without end.

Layout from `at`: P (D, D), w (D,), u (D,).
"""

from __future__ import annotations

from typing import Any

from streamrnn.kernels.jit import inline_kernel
from streamrnn.kernels.vector import load, store, total

D = 8  # inputs: one vector
P_AT, W_AT, U_AT, SIZE = 0, D * D, D * D + D, D * D + 2 * D
FORGETTING = 0.9999
FIRST_P = 1.0  # of the diagonal: an input of this variance is taken to be known that well


@inline_kernel
def begin_least_squares(a: Any, at: int) -> None:
    """w = 0, u = 0, P = FIRST_P I."""
    for i in range(SIZE):
        a[at + i] = 0.0
    for i in range(D):
        a[at + P_AT + i * D + i] = FIRST_P


@inline_kernel
def linear_output(a: Any, at: int) -> Any:
    """w'u."""
    return total(load(a, at + W_AT, D) * load(a, at + U_AT, D))


@inline_kernel
def learn_least_squares(a: Any, at: int, error: float, scratch: Any) -> None:
    """One step with e = error for the inputs u. scratch: (D,) or more."""
    u = load(a, at + U_AT, D)
    Pu = load(a, at + P_AT, D) * a[at + U_AT]
    trace = a[at + P_AT]
    for i in range(1, D):
        Pu = Pu + load(a, at + P_AT + i * D, D) * a[at + U_AT + i]
        trace += a[at + P_AT + i * D + i]
    share = 1.0 / (FORGETTING + total(u * Pu))
    store(a, at + W_AT, load(a, at + W_AT, D) + Pu * (share * error))
    kept = 1.0 / FORGETTING if trace < D * FIRST_P else 1.0
    store(scratch, 0, Pu)
    for i in range(D):
        row = load(a, at + P_AT + i * D, D)
        store(a, at + P_AT + i * D, (row - Pu * scratch[i] * share) * kept)
