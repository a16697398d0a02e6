"""Where networks begin: the same random weights for every stream, from one seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect.layout import parameter_count
from streamrnn.detect.recipe import INPUTS

SPECTRAL_RADIUS = 0.9  # of W: the state neither dies out at once nor explodes
INPUT_SD, OUTPUT_SD = 0.3, 0.1


def initial_parameters(H: int, seed: int) -> NDArray[np.float32]:
    """One network's parameters (P,) in the order of `streamrnn.kernels`, padded with zeros."""
    random = np.random.default_rng(seed)
    U = random.normal(0.0, INPUT_SD, (INPUTS, H))
    W = random.normal(0.0, 1.0, (H, H))
    W *= SPECTRAL_RADIUS / np.abs(np.linalg.eigvals(W)).max()
    V = random.normal(0.0, OUTPUT_SD, H)
    flat = np.concatenate([U.ravel(), W.ravel(), np.zeros(H), V, np.zeros(1)])
    parameters = np.zeros(parameter_count(H), np.float32)
    parameters[: flat.size] = flat
    return parameters
