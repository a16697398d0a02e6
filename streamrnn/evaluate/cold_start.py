"""What a stream's first readings are good for: the forecast's band, and what is found, against the
number of readings seen; and how much of a clean stream the band covers in the long run.

Beside the detector's band stands that of a plain forecast: mean and standard deviation of all
readings so far, mean +- 1.96 sd.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.evaluate.clean_streams import INTERVALS, TEN_CHARACTERS, Stretch
from streamrnn.evaluate.fault_scale import scale_of
from streamrnn.evaluate.watch import watch
from streamrnn.records import Outcome

# Readings seen; what follows is looked at over a quarter as many readings more.
SEEN: Final = (10, 30, 100, 300, 1_000)
LATER: Final = 0.25
FIRST_INTERVAL: Final = 60.0
# A spike of so many noises, one reading long, as a test of whether anything is found.
SPIKE: Final = 12.0
NOTICED_WITHIN: Final = 2  # readings after the spike

# The long run: readings, and how many of them pass before coverage counts.
LONG: Final = 20_000
SETTLED: Final = 1_000

_SCALE_READINGS: Final = 5_000


class Start(NamedTuple):
    """One stream after `seen` readings. has_band: share of readings with a band; covered: share of
    those in it; width: mean width of the band in noises of the stream. plain_*: of the plain
    forecast. false_alarms: share of clean readings that were anomalous. found: whether a spike
    then was; None where spikes mean nothing."""

    character: str
    seen: int
    has_band: float
    covered: float
    width: float
    plain_covered: float
    plain_width: float
    false_alarms: float
    found: bool | None


class LongRun(NamedTuple):
    """covered: share of settled readings in their band."""

    character: str
    interval: str
    covered: float


_WITHOUT_SPIKES: Final = ("door",)


def start(job: tuple[str, int]) -> list[Start]:
    """job: a character and a seed."""
    name, seed = job
    readings = int(max(SEEN) * (1.0 + LATER)) + 1
    full = TEN_CHARACTERS[name].readings(seed, FIRST_INTERVAL, _SCALE_READINGS)
    noise = scale_of(*full).noise
    clean = Stretch(full.values[:readings], full.times[:readings])
    d = watch(*clean, stream=f"{name}/{seed}").decisions
    plain_lower, plain_upper = _plain_band(clean.values)
    starts = []
    for seen in SEEN:
        rows = slice(seen, int(seen * (1.0 + LATER)) + 1)
        values = clean.values[rows]
        known = np.isfinite(d.yhat[rows])
        starts.append(
            Start(
                character=name,
                seen=seen,
                has_band=float(known.mean()),
                covered=_covered(values, d.yhat_lower[rows], d.yhat_upper[rows]),
                width=_width(d.yhat_lower[rows], d.yhat_upper[rows]) / noise,
                plain_covered=_covered(values, plain_lower[rows], plain_upper[rows]),
                plain_width=_width(plain_lower[rows], plain_upper[rows]) / noise,
                false_alarms=float((d.outcome[rows] == Outcome.ANOMALY).mean()),
                found=None if name in _WITHOUT_SPIKES else _finds_spike(clean, seen, noise, name),
            )
        )
    return starts


def long_run(job: tuple[str, str]) -> LongRun:
    """job: a character and the name of an interval."""
    name, interval = job
    values, times = TEN_CHARACTERS[name].readings(0, INTERVALS[interval], LONG)
    d = watch(values, times, stream=f"{name}/{interval}").decisions
    rows = slice(SETTLED, None)
    return LongRun(name, interval, _covered(values[rows], d.yhat_lower[rows], d.yhat_upper[rows]))


def _finds_spike(clean: Stretch, seen: int, noise: float, name: str) -> bool:
    values = clean.values[: seen + 1 + NOTICED_WITHIN].copy()
    values[seen] += SPIKE * noise
    decisions = watch(values, clean.times[: len(values)], stream=name).decisions
    return bool((decisions.outcome[seen:] == Outcome.ANOMALY).any())


def _plain_band(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(lower, upper) for each reading, from those before it; NaN for the first two."""
    n = np.arange(len(values), dtype=np.float64)
    origin = values - values[0]  # else the squares of a counter lose all digits
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.concatenate([[0.0], np.cumsum(origin)[:-1]]) / n
        square = np.concatenate([[0.0], np.cumsum(origin**2)[:-1]]) / n
        half = 1.96 * np.sqrt(np.maximum(square - mean**2, 0.0) * n / (n - 1.0))
    half[:2] = np.nan
    return values[0] + mean - half, values[0] + mean + half


def _covered(
    values: NDArray[np.float64], lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> float:
    """Share of the readings with a band that lie in it; NaN without any."""
    known = np.isfinite(lower)
    inside = (lower <= values) & (values <= upper)
    return float(inside[known].mean()) if known.any() else float("nan")


def _width(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> float:
    known = np.isfinite(lower)
    return float((upper - lower)[known].mean()) if known.any() else float("nan")
