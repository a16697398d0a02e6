"""river's HalfSpaceTrees, an online isolation forest: the one baseline from another library."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamrnn.errors import StreamrnnError


def is_installed() -> bool:
    return find_spec("river") is not None


def half_space_trees(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """(n,) scores of rows (n, C), all columns in one forest, as river means it; empty cells are
    left out. River's default settings; values are brought to 0..1 by their running extremes.
    """
    # Lazy: an optional extra.
    try:
        from river import anomaly, preprocessing
    except ImportError as error:
        raise StreamrnnError(
            "HalfSpaceTrees needs river: pip install 'streamrnn[bench]'"
        ) from error
    scaler: Any = preprocessing.MinMaxScaler()  # river leaves its methods untyped
    forest: Any = anomaly.HalfSpaceTrees(seed=seed)
    score = np.zeros(len(values))
    present = np.isfinite(values)
    for t, row in enumerate(values.tolist()):
        reading = {c: value for c, value in enumerate(row) if present[t, c]}
        scaler.learn_one(reading)
        scaled = scaler.transform_one(reading)
        score[t] = forest.score_one(scaled)
        forest.learn_one(scaled)
    return score
