"""Values that no sensor should send: what cannot be learned from is counted and left out, what is
merely absurd is survived; and a fault that creeps in is noticed."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np

from streamrnn.detect import layout
from streamrnn.records import Event, EventType, Message
from tests.service.pipeline import Pipeline
from tests.torture.figures import Figures

_WARM = 600
_POISONED = 300
_RECOVERY = 1200
_BAD = (b"NaN", b"nan", b"Infinity", b"-inf", b"1e999", b"1e30", b"-1e30", b"1e15", b"-1e15",
        b"1e-320", b"0", b"-0.0", b"1e14", b"9007199254740993")  # fmt: skip
_DRIFT = 6000
_DRIFT_SIGMAS = 60.0


def run(folder: Path, seeds: int) -> Figures:
    figures = Figures("poison")
    found = drifts = 0
    for seed in range(seeds):
        pipeline = Pipeline()
        stream = _Stream(pipeline, seed)
        stream.feed(_WARM)
        stream.poison(_POISONED)
        stream.feed(_RECOVERY)
        arrays = pipeline.state.bank.to_arrays()
        assert np.isfinite(arrays["rows"]).all(), f"seed {seed}: a weight is not finite"
        statistics = np.delete(arrays["numbers"], [layout.LOW_LIMIT, layout.HIGH_LIMIT], axis=1)
        assert not np.isinf(statistics).any(), f"seed {seed}: a statistic is infinite"
        found += any(event.type is EventType.NEW for event in _drift(seed))
        drifts += 1
    figures["seeds"] = seeds
    figures["weights that are not finite"] = 0
    figures["slow drifts raised"] = f"{found} of {drifts}"
    return figures


class _Stream:
    def __init__(self, pipeline: Pipeline, seed: int) -> None:
        self._pipeline = pipeline
        self._rng = random.Random(seed)
        self._t = 0

    def feed(self, count: int) -> None:
        """Good readings."""
        for _ in range(count):
            self._send(b"%.6f" % (math.sin(self._t / 10) + self._rng.gauss(0, 0.1)))

    def poison(self, count: int) -> None:
        for _ in range(count):
            self._send(self._rng.choice(_BAD))

    def _send(self, payload: bytes) -> None:
        self._t += 1
        message = Message("plant/a", payload, 1, False, False, 1, 1, 1e9 + self._t)
        self._pipeline.feed(message)


def _drift(seed: int) -> list[Event]:
    """A fault that creeps: an adaptive model alone takes it for normal."""
    pipeline = Pipeline()
    rng = random.Random(seed)
    messages = []
    for t in range(_WARM + _DRIFT):
        slope = _DRIFT_SIGMAS * 0.1 * max(0, t - _WARM) / _DRIFT
        value = math.sin(t / 10) + rng.gauss(0, 0.1) + slope
        messages.append(Message("plant/a", b"%.6f" % value, 1, False, False, 1, 1, 1e9 + 60.0 * t))
    pipeline.feed(*messages[:_WARM])
    return pipeline.feed(*messages[_WARM:])
