"""The settings inside a stream's row: what the compiled step reads of them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from streamrnn.config import DetectorConfig
from streamrnn.config.hard_limits import HardLimits
from streamrnn.detect import layout
from streamrnn.detect.calibration import NOT_BEGUN


def write_settings(numbers: NDArray[np.float64], config: DetectorConfig) -> None:
    """Writes those that are the same for all streams into rows, (NUMBERS,) or (n, NUMBERS), which
    may have been stored under others."""
    every = config.retrain_every
    numbers[..., layout.WARM_UP] = config.warm_up
    numbers[..., layout.RETRAIN_EVERY] = every
    adapt_after = config.adapt_after
    numbers[..., layout.ADAPT_AFTER] = np.inf if adapt_after == "on_ack" else adapt_after
    allowed = config.false_alarms
    numbers[..., layout.ALLOWED_SECONDS] = 0.0 if allowed == "auto" else allowed
    if allowed == "auto":
        numbers[..., layout.LOG_THRESHOLD] = 0.0
        numbers[..., layout.ALARM_UNTIL] = NOT_BEGUN
    set_before = numbers[..., layout.RETRAIN_AT] > 0.0
    latest = np.where(set_before, numbers[..., layout.TIME] + every, 0.0)
    numbers[..., layout.RETRAIN_AT] = np.where(
        every < np.inf, np.minimum(numbers[..., layout.RETRAIN_AT], latest), latest
    )


def write_limits(
    numbers: NDArray[np.float64], stream: str, all_limits: Sequence[HardLimits]
) -> None:
    """Writes the narrowest of all limits that are set for the stream into its row, (NUMBERS,)."""
    low, high = -np.inf, np.inf
    for limits in all_limits:
        if any(fnmatchcase(stream, pattern) for pattern in limits.streams):
            low = max(low, -np.inf if limits.low is None else limits.low)
            high = min(high, np.inf if limits.high is None else limits.high)
    numbers[[layout.LOW_LIMIT, layout.HIGH_LIMIT]] = low, high


def name_hash(name: str) -> int:
    """32 bits that tell streams apart, the same in every run."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass"))
