"""Micro-batches of judged readings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from streamrnn.detect.decisions import Decisions
from streamrnn.records import Outcome
from streamrnn.service.sinks import Judged

Row = tuple[str, float, float]  # stream, value, time


def judged(*rows: Row, outcome: Outcome = Outcome.NORMAL, yhat: float = math.nan) -> Judged:
    """All with score 0.5; the slots of streams are in order of their names."""
    streams = [stream for stream, _, _ in rows]
    order = sorted(set(streams))
    n = len(rows)

    def column(value: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.full(n, value)

    return Judged(
        streams,
        np.array([order.index(stream) for stream in streams], np.int64),
        np.array([value for _, value, _ in rows], np.float64),
        np.array([time for _, _, time in rows], np.float64),
        Decisions(
            outcome=np.full(n, int(outcome), np.uint8),
            score=column(0.5),
            kind=np.zeros(n, np.uint8),
            trust=np.zeros(n),
            yhat=column(yhat),
            yhat_lower=column(yhat),
            yhat_upper=column(yhat),
            accepted=np.zeros(n, np.bool_),
        ),
    )


def seconds(stream: str, first: int, last: int) -> Sequence[Row]:
    """A reading a second, its value the number of the second."""
    return [(stream, float(t), float(t)) for t in range(first, last)]
