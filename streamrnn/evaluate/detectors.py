"""Everything that is measured, under its name: our detector and what it is compared with.

A detector takes a `Series` and a seed and gives a `Verdict`. One stream per channel; the score of a
row is the mean over the channels that have a reading there, of ours the quadratic mean: one channel
that is beyond doubt counts for more than many that are a little off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank
from streamrnn.errors import InputError
from streamrnn.evaluate import baselines, half_space_trees
from streamrnn.evaluate.series import Series
from streamrnn.records import Outcome


@dataclass(frozen=True, slots=True)
class Verdict:
    """score: (n,) of each row, higher is more anomalous. trust: (n, C) in the alarms raised by each
    stream, 0 where there is none. flagged: (n,) rows where any stream was anomalous. None: the
    detector has no threshold of its own."""

    score: NDArray[np.float64]
    trust: NDArray[np.float64] | None = None
    flagged: NDArray[np.bool_] | None = None

    @property
    def strength(self) -> NDArray[np.float64]:
        """(n,) what a threshold for alarms would be set against: the trust in those it raises, or
        its score."""
        return self.score if self.trust is None else np.max(self.trust, axis=1)


@dataclass(frozen=True, slots=True)
class MeasuredDetector:
    """title: for people. is_random: whether seeds matter to it."""

    name: str
    title: str
    is_random: bool
    run: Callable[[Series, int], Verdict]


def choose(names: Sequence[str]) -> list[MeasuredDetector]:
    """The detectors of these names; `baselines` stands for all but ours. Raises InputError."""
    chosen: dict[str, MeasuredDetector] = {}
    for name in names:
        if name == "baselines":
            chosen |= {key: found for key, found in DETECTORS.items() if key != OURS}
        elif name in DETECTORS:
            chosen[name] = DETECTORS[name]
        else:
            raise InputError(
                f'no detector "{name}": there are {", ".join(DETECTORS)}, and baselines for all '
                f"but {OURS}"
            )
    return list(chosen.values())


def is_available(detector: MeasuredDetector) -> bool:
    """Whether the optional extra that it needs is installed."""
    return detector.name != HALF_SPACE_TREES or half_space_trees.is_installed()


def _streamrnn(series: Series, seed: int) -> Verdict:
    """The detector as shipped, learning as it goes."""
    n, C = series.values.shape
    bank = Bank(DetectorConfig(seed=seed))
    slots = np.array([bank.slot(f"{series.name}/{channel}") for channel in series.channels])
    present = np.isfinite(series.values)
    decisions = bank.step(
        np.broadcast_to(slots, (n, C))[present],
        series.values[present],
        np.broadcast_to(series.times[:, None], (n, C))[present],
    )
    score, trust = np.full((n, C), np.nan), np.zeros((n, C))
    anomaly = np.zeros((n, C), bool)
    score[present], trust[present] = decisions.score, decisions.trust
    anomaly[present] = decisions.outcome == Outcome.ANOMALY
    return Verdict(np.sqrt(np.nanmean(score**2, axis=1)), trust, np.any(anomaly, axis=1))


def _per_channel(
    score: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Callable[[Series, int], Verdict]:
    def run(series: Series, _seed: int) -> Verdict:
        scores = np.full(series.values.shape, np.nan)
        for channel, values in enumerate(series.values.T):
            present = np.isfinite(values)
            scores[present, channel] = score(np.ascontiguousarray(values[present]))
        return Verdict(np.nanmean(scores, axis=1))

    return run


def _random(series: Series, seed: int) -> Verdict:
    return Verdict(baselines.random_score(series.times, seed))


def _half_space_trees(series: Series, seed: int) -> Verdict:
    return Verdict(half_space_trees.half_space_trees(series.values, seed))


OURS, HALF_SPACE_TREES = "streamrnn", "hst"
DETECTORS = {
    detector.name: detector
    for detector in (
        MeasuredDetector(OURS, "streamrnn", True, _streamrnn),
        MeasuredDetector("random", "random", True, _random),
        MeasuredDetector("persistence", "persistence", False, _per_channel(baselines.persistence)),
        MeasuredDetector("ewz", "EW z-score", False, _per_channel(baselines.ew_z_score)),
        MeasuredDetector("ar", "AR(10) by RLS", False, _per_channel(baselines.ar_error)),
        MeasuredDetector(
            "ar-smoothed",
            "AR(10) by RLS, smoothed",
            False,
            _per_channel(baselines.smoothed_ar_error),
        ),
        MeasuredDetector(HALF_SPACE_TREES, "HalfSpaceTrees (river)", True, _half_space_trees),
    )
}
