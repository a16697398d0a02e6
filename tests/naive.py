"""The executable specification of the kernels: formula by formula, slow and plain.

float64 throughout, no code shared with the package. Every fast function is compared with its twin
here; where a twin is itself more than a formula, a test holds it against something simpler still
(finite differences, the definition of a quantile).

Letters as in `streamrnn.kernels`: D inputs, H hidden units, T steps of a window.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

BINS, BINS_PER_OCTAVE, LOWEST_OCTAVE = 64, 4, -12
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


# --- the network --------------------------------------------------------------------------------


class Network(NamedTuple):
    """One network's parameters, or the gradient of them."""

    U: F64  # (H, D)
    W: F64  # (H, H)
    b: F64  # (H,)
    V: F64  # (H,)
    c: float


def unpack(flat: NDArray[Any], D: int, H: int) -> Network:
    """From the flat order of `streamrnn.kernels`, where U and W lie column by column."""
    ends = np.cumsum([D * H, H * H, H, H, 1])
    U, W, b, V, c = np.split(np.asarray(flat, np.float64)[: ends[-1]], ends[:-1])
    return Network(U.reshape(D, H).T.copy(), W.reshape(H, H).T.copy(), b, V, float(c[0]))


def pack(network: Network, size: int) -> F64:
    """The way back, padded with zeros to `size`."""
    U, W, b, V, c = network
    flat = np.concatenate([U.T.ravel(), W.T.ravel(), b, V, [c]])
    return np.concatenate([flat, np.zeros(size - flat.size)])


def elman_step(network: Network, x: F64, s: F64, relu: bool) -> F64:
    """s_t = f(U x_t + W s_{t-1} + b)"""
    z = network.U @ x + network.W @ s + network.b
    return np.maximum(z, 0.0) if relu else np.tanh(z)


def head_output(network: Network, s: F64) -> float:
    """o_t = V s_t + c"""
    return float(network.V @ s + network.c)


def huber(error: float, limit: float) -> float:
    if abs(error) <= limit:
        return 0.5 * error**2
    return limit * (abs(error) - 0.5 * limit)


def huber_slope(error: float, limit: float) -> float:
    if abs(error) <= limit:
        return error
    return math.copysign(limit, error)


def run(network: Network, inputs: F64, s0: F64, relu: bool) -> tuple[list[F64], list[float]]:
    """(states, outputs) over a window: states[0] = s0, then one per step. inputs: (T, D)."""
    states, outputs = [s0], []
    for x in inputs:
        states.append(elman_step(network, x, states[-1], relu))
        outputs.append(head_output(network, states[-1]))
    return states, outputs


def window_loss(
    network: Network, inputs: F64, targets: F64, s0: F64, limit: float, relu: bool
) -> float:
    """L = mean_t huber(o_t - y_t), where a target of NaN adds nothing."""
    _, outputs = run(network, inputs, s0, relu)
    errors = [o - y for o, y in zip(outputs, targets, strict=True) if not math.isnan(y)]
    return sum(huber(error, limit) for error in errors) / len(targets)


def window_gradient(
    network: Network, inputs: F64, targets: F64, s0: F64, limit: float, relu: bool
) -> Network:
    """dL/d(parameters) by back-propagation through time; s0 is a constant."""
    T, H = len(inputs), len(s0)
    states, outputs = run(network, inputs, s0, relu)
    dU, dW = np.zeros_like(network.U), np.zeros_like(network.W)
    db, dV, dc = np.zeros(H), np.zeros(H), 0.0
    da_next = np.zeros(H)
    for t in reversed(range(T)):
        x, s_before, s = inputs[t], states[t], states[t + 1]
        target = float(targets[t])
        do = 0.0 if math.isnan(target) else huber_slope(outputs[t] - target, limit) / T
        ds = do * network.V + network.W.T @ da_next
        da = ds * ((s > 0.0) if relu else 1.0 - s**2)
        dU += np.outer(da, x)
        dW += np.outer(da, s_before)
        db += da
        dV += do * s
        dc += do
        da_next = da
    return Network(dU, dW, db, dV, dc)


# --- optimisers ---------------------------------------------------------------------------------


def clip_norm(g: F64, limit: float) -> F64:
    """g, shortened to the limit if it is longer; zero if it is not finite."""
    norm = float(np.sqrt(np.sum(g**2)))
    if not math.isfinite(norm):
        return np.zeros_like(g)
    return g if norm <= limit else g * (limit / norm)


def sgd(p: F64, g: F64, rate: float) -> F64:
    return p - rate * g


class Adam:
    """Kingma & Ba 2015, algorithm 1."""

    def __init__(self, n: int) -> None:
        self.m, self.v, self.step = np.zeros(n), np.zeros(n), 0

    def update(self, p: F64, g: F64, rate: float) -> F64:
        self.step += 1
        self.m = BETA1 * self.m + (1.0 - BETA1) * g
        self.v = BETA2 * self.v + (1.0 - BETA2) * g**2
        m_hat = self.m / (1.0 - BETA1**self.step)
        v_hat = self.v / (1.0 - BETA2**self.step)
        return p - rate * m_hat / (np.sqrt(v_hat) + EPSILON)


class SmallAdam:
    """Adam whose second moment is that of 16 parameters together, and its first a bfloat16."""

    def __init__(self, n: int) -> None:
        self.m, self.v, self.step = np.zeros(n), np.zeros(-(-n // 16)), 0

    def update(self, p: F64, g: F64, rate: float) -> F64:
        self.step += 1
        m = BETA1 * self.m + (1.0 - BETA1) * g
        self.m = np.array([bfloat16(x) for x in m])
        step = np.zeros(len(p))
        for k in range(len(self.v)):
            group = slice(16 * k, 16 * k + 16)
            square = np.sum(g[group] ** 2) / 16.0
            self.v[k] = BETA2 * self.v[k] + (1.0 - BETA2) * square
            v_hat = self.v[k] / (1.0 - BETA2**self.step)
            step[group] = m[group] / (1.0 - BETA1**self.step) / (np.sqrt(v_hat) + EPSILON)
        return p - rate * step


def bfloat16(value: float) -> float:
    """The upper half of a float32, rounded."""
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    (rounded,) = struct.unpack("<f", struct.pack("<I", (bits + 0x8000) >> 16 << 16))
    return float(rounded)


# --- running statistics -------------------------------------------------------------------------


def weighted_moments(values: Sequence[float], weights: Sequence[float]) -> tuple[float, float]:
    """(mean, variance) where value k came with weight w_k of all up to it, so that its share in
    the end is w_k (1 - w_{k+1}) (1 - w_{k+2}) ...; what came before the values counts as zero."""
    later, shares = 1.0, []
    for w in reversed(weights):
        shares.append(w * later)
        later *= 1.0 - w
    all_shares, all_values = np.array([later, *reversed(shares)]), np.array([0.0, *values])
    mean = float(all_shares @ all_values)
    return mean, float(all_shares @ (all_values - mean) ** 2)


class Histogram:
    """Every magnitude ever added, each weighing keep^age."""

    def __init__(self, keep: float) -> None:
        self.keep = keep
        self.bins: list[int] = []  # oldest first

    def add(self, magnitude: float) -> None:
        self.bins.append(int(bin_position(magnitude)))

    def counts(self) -> F64:
        """(BINS,) the weight in each bin."""
        ages = np.arange(len(self.bins))[::-1]
        counts = np.bincount(np.array(self.bins, int), self.keep**ages, BINS)
        return counts.astype(np.float64)

    def weight(self) -> float:
        return float(self.counts().sum())

    def above(self, magnitude: float) -> float:
        """The weight above a magnitude, a bin's weight being spread evenly over its width."""
        position, counts = bin_position(magnitude), self.counts()
        k = int(position)
        return float(counts[k + 1 :].sum() + (k + 1 - position) * counts[k])

    def quantile(self, upper_share: float) -> float:
        """The largest magnitude above which at least that share of the weight lies."""
        counts, higher = self.counts(), 0.0
        wanted = upper_share * counts.sum()
        for k in reversed(range(BINS)):
            if counts[k] > 0.0 and higher + counts[k] >= wanted:
                return magnitude_at(k + 1 - (wanted - higher) / counts[k])
            higher += counts[k]
        return magnitude_at(0.0)


def bin_position(magnitude: float) -> float:
    """Bins are quarter octaves from 2^-12 on; the first and the last take in what lies beyond."""
    if magnitude <= 2.0**LOWEST_OCTAVE:
        return 0.0
    return min(BINS_PER_OCTAVE * math.log2(magnitude / 2.0**LOWEST_OCTAVE), BINS - 0.001)


def magnitude_at(position: float) -> float:
    return float(2.0 ** (position / BINS_PER_OCTAVE + LOWEST_OCTAVE))


def surprise_of_normal(z: float) -> float:
    """-log10 P(N(0, 1) > z): from the library's distribution while that has digits, beyond from
    the continued fraction of Laplace, P = phi(z) / (z + 1/(z + 2/(z + 3/...)))."""
    if z < 5.0:
        return -math.log10(NormalDist().cdf(-z))
    denominator = z
    for k in range(60, 0, -1):
        denominator = z + k / denominator
    log_density = -0.5 * z * z - 0.5 * math.log(2.0 * math.pi)
    return -(log_density - math.log(denominator)) / math.log(10.0)
