"""Streams and evidence for tests of the alarm."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamrnn.detect import layout
from streamrnn.detect.alarm import COARSE_LIKELIHOOD, FINE_LIKELIHOOD, raise_alarm
from streamrnn.detect.recipe import (
    ENOUGH,
    FIRST_ERA,
    HABIT_WARM_SECONDS,
    LIKELY_ERROR,
    REHEARSAL,
    SLOW_FROM,
)

NOON = 1_699_963_200.0  # at which the next reading comes
SCORE, HABIT = layout.SCORE_CHANNEL, layout.HABIT_CHANNEL


def grown_up(readings: float = REHEARSAL, streams: int = 1) -> np.ndarray:
    """The numbers of a stream at the reading of that number, which leads a device of so many."""
    numbers = np.zeros(layout.NUMBERS)
    numbers[layout.READINGS] = readings
    numbers[layout.BLOCKS_SEEN] = SLOW_FROM
    numbers[layout.INTERVAL] = HABIT_WARM_SECONDS  # what a day holds is no matter here
    numbers[layout.STREAMS] = streams
    numbers[layout.TIME] = NOON
    return numbers


def device_of(streams: int, readings: float = REHEARSAL) -> list[np.ndarray]:
    return [grown_up(readings, streams) for _ in range(streams)]


def mature() -> np.ndarray:
    """A stream alone, of the first reading after its first era."""
    numbers = grown_up(FIRST_ERA)
    numbers[layout.TICKS], numbers[layout.ERA_UNTIL] = FIRST_ERA, FIRST_ERA
    return numbers


def trust(
    numbers: np.ndarray,
    evidence: list[float],
    elapsed: float = 1.0,
    threshold: float = 1.0,
    leader: np.ndarray | None = None,
    error: float = LIKELY_ERROR,
    novelty: float = 0.0,
    score: float = 1.0,
) -> float:
    """score: of the stream; by default so high that its alarms are believed in any device."""
    *features, fine, coarse, strength, unusual = evidence
    numbers[layout.NEWS : layout.NEWS + len(features)] = features
    numbers[FINE_LIKELIHOOD], numbers[COARSE_LIKELIHOOD] = fine, coarse
    numbers[layout.HELD_SCORE] = score
    device = numbers if leader is None else leader
    return float(
        raise_alarm(numbers, device, strength, error, novelty, unusual, threshold, elapsed)
    )


def is_raised(numbers: np.ndarray, evidence: list[float], **how: Any) -> bool:
    return trust(numbers, evidence, **how) > 0.0


def only(channel: int, amount: float) -> list[float]:
    return [amount * ENOUGH[channel] if c == channel else 0.0 for c in range(len(ENOUGH))]


NOTHING = [0.0] * len(ENOUGH)
