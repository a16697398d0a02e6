"""Two things timed in turns, so that whatever else the machine does meets both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

Measurement = Callable[[], float]
"""Does something once; returns the seconds that it took."""


class Comparison(NamedTuple):
    """Medians over the rounds; `ratio` is that of the rounds' ratios ours / other."""

    ratio: float
    ours: float  # seconds
    other: float


def timed(action: Callable[[], object]) -> Measurement:
    """Of this thread's processor time: while another program has its turn, nobody is measured. For
    what neither waits nor works in other threads."""

    def measurement() -> float:
        begun = time.thread_time()
        action()
        return time.thread_time() - begun

    return measurement


def compare(ours: Measurement, other: Measurement, rounds: int) -> Comparison:
    """Alternates both, ours first in every second round. The first call of each is not counted:
    it may compile, or fill caches."""
    ours()
    other()
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            theirs = other()
            pairs.append((ours(), theirs))
        else:
            pairs.append((ours(), other()))
    return summary(pairs)


def summary(pairs: list[tuple[float, float]]) -> Comparison:
    """pairs: (ours, other), in seconds, one per round."""
    return Comparison(
        ratio=statistics.median(ours / other for ours, other in pairs),
        ours=statistics.median(ours for ours, _ in pairs),
        other=statistics.median(other for _, other in pairs),
    )


def median_seconds(measurement: Measurement, rounds: int) -> float:
    measurement()
    return statistics.median(measurement() for _ in range(rounds))
