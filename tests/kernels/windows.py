"""Random networks with a window to run them over, for the tests of cell, head and BPTT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests import naive
from tests.kernels.compiled import filled, make_network, parameter_count

AT = 5  # parameters do not begin where their array does


@dataclass(frozen=True)
class Window:
    """T steps of a network over inputs that overlap (stride 1: lags) or not (stride D)."""

    D: int
    H: int
    relu: bool
    T: int
    stride: int
    limit: float  # of the Huber loss
    p: naive.F64  # (AT + P,)
    x: naive.F64  # ((T - 1) * stride + D,)
    y: naive.F64  # (T,), some NaN
    s0: naive.F64  # (H,)

    @property
    def network(self) -> naive.Network:
        return naive.unpack(self.p[AT:], self.D, self.H)

    @property
    def inputs(self) -> naive.F64:
        return np.array([self.x[t * self.stride :][: self.D] for t in range(self.T)])

    def is_smooth(self, margin: float) -> bool:
        """Whether no step lies within `margin` of a kink, ReLU's or Huber's."""
        network, states = self.network, [self.s0]
        for x, y in zip(self.inputs, self.y, strict=True):
            z = network.U @ x + network.W @ states[-1] + network.b
            if self.relu and np.abs(z).min() < margin:
                return False
            states.append(np.maximum(z, 0.0) if self.relu else np.tanh(z))
            error = naive.head_output(network, states[-1]) - y
            if abs(abs(error) - self.limit) < margin:
                return False
        return True

    def gradient(self, dtype: type[np.floating[Any]]) -> tuple[float, NDArray[Any]]:
        """(L, dL/dp) from the kernel."""
        T, H, P = self.T, self.H, parameter_count(self.D, self.H)
        s = np.concatenate([self.s0, filled(np.float64, T * H)]).astype(dtype)
        g = filled(dtype, P)
        loss = make_network(self.D, H, int(self.relu)).window(
            self.p.astype(dtype), AT, g, self.x.astype(dtype), self.stride, self.y.astype(dtype),
            s, filled(dtype, T), filled(dtype, T * H), filled(dtype, H * H), T, self.limit,
        )  # fmt: skip
        return loss, g


def random_window(D: int, H: int, relu: bool, T: int, lags: bool, seed: int) -> Window:
    random = np.random.default_rng(seed)
    network = naive.Network(
        U=random.normal(0.0, 0.5, (H, D)),
        W=random.normal(0.0, 0.9 / np.sqrt(H), (H, H)),
        b=random.normal(0.0, 0.3, H),
        V=random.normal(0.0, 0.5, H),
        c=float(random.normal()),
    )
    stride = 1 if lags else D
    y = random.normal(0.0, 2.0, T)
    y[random.random(T) < 0.2] = np.nan
    return Window(
        D, H, relu, T, stride,
        limit=float(random.uniform(0.5, 3.0)),
        p=np.concatenate([filled(np.float64, AT), naive.pack(network, parameter_count(D, H))]),
        x=random.normal(0.0, 1.0, (T - 1) * stride + D),
        y=y,
        s0=naive.elman_step(network, random.normal(0.0, 1.0, D), np.zeros(H), relu),
    )  # fmt: skip


def windows(D: int, H: int, relu: bool) -> st.SearchStrategy[Window]:
    return st.builds(
        random_window,
        st.just(D),
        st.just(H),
        st.just(relu),
        T=st.integers(1, 20),
        lags=st.booleans(),
        seed=st.integers(0, 2**32 - 1),
    )


def relative_error(found: NDArray[Any], wanted: NDArray[Any]) -> float:
    """|found - wanted| / |wanted|, of the whole vectors."""
    scale = max(float(np.linalg.norm(wanted)), 1e-12)
    return float(np.linalg.norm(found - wanted)) / scale
