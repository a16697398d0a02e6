"""Readings with known anomalies."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank

ROWS = 400
ANOMALIES = (250, 300, 350)


class Recording:
    """A river dataset: two features in step with each other, three spikes labelled True."""

    def __iter__(self) -> Iterator[tuple[dict[str, float], bool]]:
        noise = np.random.default_rng(0).normal(0.0, 0.1, (ROWS, 2))
        for t in range(ROWS):
            is_anomaly = t in ANOMALIES
            flow = 5.0 + math.sin(t / 10) + noise[t, 0] + 9.0 * is_anomaly
            yield {"flow": flow, "level": math.cos(t / 10) + noise[t, 1]}, is_anomaly


def scores_of(stream: str, values: NDArray[np.float64], times: NDArray[np.float64]) -> list[float]:
    """By a bank without any adapter; a network begins with numbers that its name decides."""
    bank = Bank(DetectorConfig(warm_up=100))
    slots = np.full(len(values), bank.slot(stream), np.int64)
    return [float(score) for score in bank.step(slots, values, times).score]
