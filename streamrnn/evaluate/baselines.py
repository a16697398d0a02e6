"""Cheap detectors to compare with: causal, one pass, no settings to tune, one stream each.

Every kernel takes the readings of one stream (n,), without gaps, and fills `score` (n,). Residuals
are counted in standard deviations of all earlier readings, so that the streams of a device can be
averaged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamrnn.kernels.jit import kernel

EW_MEMORY = 1000.0  # readings, of the exponentially weighted mean and variance
AR_ORDER = 10
AR_MEMORY = 10_000.0  # readings, of recursive least squares
SMOOTHING = 50.0  # readings, over which errors are averaged
_RIDGE = 1.0  # of recursive least squares, before the first reading


def random_score(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Uniform noise: what a measure gives to someone who knows nothing."""
    return np.random.default_rng(seed).random(len(values))


def persistence(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """|x_t - x_{t-1}|: the forecast is the last reading."""
    score = np.zeros(len(values))
    _persistence(values, score)
    return score


def ew_z_score(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """|x_t - mean| / sd, both exponentially weighted over earlier readings."""
    score = np.zeros(len(values))
    _ew_z_score(values, 1.0 / EW_MEMORY, score)
    return score


def ar_error(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Error of a linear forecast from the last AR_ORDER readings, fitted by recursive least
    squares."""
    score = np.zeros(len(values))
    _ar_error(values, AR_ORDER, 1.0 - 1.0 / AR_MEMORY, score)
    return score


def smoothed_ar_error(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """`ar_error`, exponentially averaged over SMOOTHING readings."""
    score = ar_error(values)
    _smooth(score, 1.0 / SMOOTHING)
    return score


@kernel
def _persistence(x: Any, score: Any) -> None:
    mean, m2 = 0.0, 0.0
    for t in range(len(x)):
        if t > 1 and m2 > 0.0:
            score[t] = abs(x[t] - x[t - 1]) / np.sqrt(m2 / t)
        change = x[t] - mean
        mean += change / (t + 1)
        m2 += change * (x[t] - mean)


@kernel
def _ew_z_score(x: Any, alpha: float, score: Any) -> None:
    """The early mean and variance weigh all readings alike, until there are 1 / alpha of them."""
    mean, var = 0.0, 0.0
    for t in range(len(x)):
        change = x[t] - mean
        if t > 1 and var > 0.0:
            score[t] = abs(change) / np.sqrt(var)
        weight = max(alpha, 1.0 / (t + 1))
        mean += weight * change
        var = (1.0 - weight) * (var + weight * change * change)


@kernel
def _ar_error(x: Any, order: int, forgetting: float, score: Any) -> None:
    """Recursive least squares (Haykin, Adaptive Filter Theory, section 9.3) on scaled readings
    z, with a constant beside the lags u:  k = P u / (forgetting + u'P u);  w += k e;
    P = (P - k (P u)') / forgetting.
    """
    D = order + 1
    w, u, Pu = np.zeros(D), np.zeros(D), np.zeros(D)
    P = np.eye(D) / _RIDGE
    u[order] = 1.0
    mean, m2 = 0.0, 0.0
    for t in range(len(x)):
        sd = np.sqrt(m2 / t) if t > 1 else 0.0
        z = (x[t] - mean) / sd if sd > 0.0 else 0.0
        error = z
        for i in range(D):
            error -= w[i] * u[i]
        if t > order:
            score[t] = abs(error)
        gain, trace = forgetting, 0.0
        for i in range(D):
            Pu[i] = 0.0
            for j in range(D):
                Pu[i] += P[i, j] * u[j]
            gain += u[i] * Pu[i]
            trace += P[i, i]
        # Nothing is forgotten where nothing new is learned: P of a constant stream would overflow.
        rate = forgetting if trace < D / _RIDGE else 1.0
        for i in range(D):
            w[i] += Pu[i] * error / gain
            for j in range(D):
                P[i, j] = (P[i, j] - Pu[i] * Pu[j] / gain) / rate
        for i in range(order - 1, 0, -1):
            u[i] = u[i - 1]
        u[0] = z
        change = x[t] - mean
        mean += change / (t + 1)
        m2 += change * (x[t] - mean)


@kernel
def _smooth(score: Any, alpha: float) -> None:
    level = 0.0
    for t in range(len(score)):
        level += alpha * (score[t] - level)
        score[t] = level
