"""What the course of a few readings looks like: how rough it is, where it jumps, and how much of it
a ramp or a step explains. From it `kinds` names anomalies.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from streamrnn.kernels.jit import subroutine

BLOCK = 8  # readings whose median counts where ramps and steps are compared


@subroutine
def median(r: Any, first: int, end: int) -> Any:
    """Of r[first:end], the upper one of two; for few."""
    half = (end - first) // 2
    for i in range(first, end):
        below, equal = 0, 0
        for k in range(first, end):
            if r[k] < r[i]:
                below += 1
            elif r[k] == r[i]:
                equal += 1
        if below <= half < below + equal:
            return float(r[i])
    return np.nan


@subroutine
def roughness(r: Any, first: int, end: int) -> Any:
    """(mean |step| without the two largest, third largest |step|, correlation of neighbouring
    steps) in r[first:end], which holds at least five."""
    total, largest, second, third = 0.0, 0.0, 0.0, 0.0
    squares, products, last = 0.0, 0.0, 0.0
    for i in range(first + 1, end):
        step = float(r[i]) - float(r[i - 1])
        size = abs(step)
        total += size
        third = max(third, min(second, size))
        second = max(second, min(largest, size))
        largest = max(largest, size)
        squares += step * step
        products += step * last
        last = step
    usual = (total - largest - second) / (end - first - 3)
    return usual, third, products / squares if squares > 0.0 else 0.0


@subroutine
def usual_distance(r: Any, first: int, end: int, apart: int) -> Any:
    """Mean |r[i] - r[i - apart]| in r[first:end], which holds more than `apart`."""
    total = 0.0
    for i in range(first + apart, end):
        total += abs(float(r[i]) - float(r[i - apart]))
    return total / (end - first - apart)


@subroutine
def first_jump(r: Any, first: int, end: int) -> Any:
    """Where in r[first:end] the first step of nearly the largest size leads."""
    largest = 0.0
    for i in range(first, end):
        largest = max(largest, abs(r[i] - r[i - 1]))
    for i in range(first, end):
        if abs(r[i] - r[i - 1]) >= 0.7 * largest:
            return i
    return first


@subroutine
def returns_after(r: Any, jump: int, end: int, level: float, size: float) -> Any:
    """Readings after which two in a row lie on the near side of the middle of a jump."""
    for i in range(jump + 1, end - 1):
        if (0.5 * (float(r[i]) + float(r[i + 1])) - level) / size < 0.5:
            return i - jump
    return end - jump


@subroutine
def block_medians(r: Any, first: int, end: int) -> Any:
    """Of r[first:end] in blocks of BLOCK; the last one is whole."""
    n = (end - first) // BLOCK
    medians = np.empty(n)
    for i in range(n):
        block = end - (n - i) * BLOCK
        medians[i] = median(r, block, block + BLOCK)
    return medians


@subroutine
def fit(w: Any, onset: int, length: int) -> Any:
    """(share of the variance of w that is left, how far it leads) of the level that moves from
    `onset` on, steadily, for so many blocks; a step, where it is one. By least squares."""
    n = len(w)
    x_mean, w_mean = 0.0, 0.0
    for t in range(n):
        x_mean += min(max(t - onset + 1.0, 0.0), length) / n
        w_mean += w[t] / n
    xx, xw, ww = 0.0, 0.0, 0.0
    for t in range(n):
        x = min(max(t - onset + 1.0, 0.0), length) - x_mean
        xx += x * x
        xw += x * (w[t] - w_mean)
        ww += (w[t] - w_mean) * (w[t] - w_mean)
    if xx == 0.0 or ww == 0.0:
        return 1.0, 0.0
    return 1.0 - xw * xw / (xx * ww), xw / xx * min(length, n - onset)


@subroutine
def best_fit(w: Any, first: int, end: int, least: int, most: int) -> Any:
    """The best `fit` with an onset in [first, end) and a length of least to most blocks, or to the
    end of w where that is nearer."""
    left, size = 1.0, 0.0
    for onset in range(first, end):
        ahead = len(w) - onset
        for length in range(min(least, ahead), min(most, ahead) + 1):
            rest, leads = fit(w, onset, length)
            if rest < left:
                left, size = rest, leads
    return left, size


@subroutine
def two_largest(r: Any, first: int, end: int, limit: float, sign: float) -> Any:
    """The mean of the two largest sign (r - limit) in r[first:end]."""
    largest, second = -np.inf, -np.inf
    for i in range(first, end):
        beyond = sign * (r[i] - limit)
        second = max(second, min(largest, beyond))
        largest = max(largest, beyond)
    return 0.5 * (largest + second)
