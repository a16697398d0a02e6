"""The score of the Numenta Anomaly Benchmark, version 1.1.

Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", ICMLA 2015. A row is detected
when its score is at least the threshold. What a detected row is worth falls with its position y
along the window or after it, sigma(y) = 2 / (1 + exp(5 y)) - 1:

    in a window         A_tp * sigma(y) / sigma(-1), y = -(rows to the window's end + 1) / width;
                        only the best row of a window counts, and a window without one costs A_fn
    after a window      A_fp * sigma(y), y = rows since its end / (width - 1); beyond 3: -A_fp
    before any window   -A_fp

Lowering the threshold past a row adds a fixed amount to the score of its file: a false positive its
own worth, a row of a window what it improves on the best row above it. So one sort of these
increments gives the score of every threshold, exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PROBATION_SHARE, PROBATION_ROWS = 0.15, 750
_STEEPNESS = 5.0
_FORGOTTEN = 3.0  # window widths after which a false positive costs all of A_fp


class Profile(NamedTuple):
    name: str
    A_tp: float
    A_fp: float
    A_fn: float


PROFILES = (
    Profile("standard", 1.0, 0.11, 1.0),
    Profile("reward_low_FP_rate", 1.0, 0.22, 1.0),
    Profile("reward_low_FN_rate", 1.0, 0.11, 2.0),
)


class ScoredFile(NamedTuple):
    """score: (n,) of every row; windows: (E, 2) first and last rows, all after the probation;
    category: its folder."""

    category: str
    score: NDArray[np.float64]
    windows: NDArray[np.int64]


class Increments(NamedTuple):
    """What each row adds when the threshold falls to its score."""

    score: NDArray[np.float64]
    gain: NDArray[np.float64]


def probation(rows: int) -> int:
    """How many rows at the start of a file are not scored."""
    return min(math.floor(PROBATION_SHARE * rows), PROBATION_ROWS)


def corpus_score(files: Sequence[ScoredFile], profile: Profile) -> float:
    """Normalised score, 0 for no detections, 100 for perfect ones, at the best one threshold."""
    increments = _joined([file_increments(file, profile) for file in files])
    return _normalised(_best(increments)[1], files, profile)


def two_fold_score(files: Sequence[ScoredFile], profile: Profile) -> float:
    """Normalised score when the threshold of each half was chosen on the other. Files go to the
    halves in turns within their category, in the order given. NaN when a half stays empty."""
    halves: tuple[list[Increments], list[Increments]] = ([], [])
    seen: dict[str, int] = {}
    for file in files:
        seen[file.category] = seen.get(file.category, -1) + 1
        halves[seen[file.category] % 2].append(file_increments(file, profile))
    if not all(halves):
        return math.nan
    first, second = (_joined(half) for half in halves)
    gain = _gain_at(first, _best(second)[0]) + _gain_at(second, _best(first)[0])
    return _normalised(gain, files, profile)


def score_at(files: Sequence[ScoredFile], profile: Profile, threshold: float) -> float:
    """Normalised score at a given threshold."""
    increments = _joined([file_increments(file, profile) for file in files])
    return _normalised(_gain_at(increments, threshold), files, profile)


def file_increments(file: ScoredFile, profile: Profile) -> Increments:
    """The increments of all rows of one file after its probation."""
    n = len(file.score)
    gain = _false_positive_worth(n, file.windows) * profile.A_fp
    for first, last in file.windows:
        gain[first : last + 1] = _window_gains(file.score[first : last + 1], profile)
    start = probation(n)
    return Increments(file.score[start:], gain[start:])


def _sigma(y: NDArray[np.float64]) -> NDArray[np.float64]:
    return 2.0 / (1.0 + np.exp(_STEEPNESS * y)) - 1.0


def _false_positive_worth(n: int, windows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n,) sigma by the distance from the last window before each row."""
    worth = np.full(n, -1.0)
    for first, last in windows:
        y = np.arange(1, n - last) / max(last - first, 1)
        worth[last + 1 :] = np.where(y > _FORGOTTEN, -1.0, _sigma(np.minimum(y, _FORGOTTEN)))
    return worth


def _window_gains(score: NDArray[np.float64], profile: Profile) -> NDArray[np.float64]:
    """(w,) what the rows of one window add, from the highest score down."""
    w = len(score)
    worth = profile.A_tp * _sigma(np.arange(-w, 0) / w) / _sigma(np.array(-1.0))
    order = np.argsort(-score, kind="stable")
    best = np.maximum.accumulate(worth[order])
    gains = np.empty(w)
    gains[order] = np.diff(best, prepend=-profile.A_fn)
    return gains


def _joined(parts: Sequence[Increments]) -> Increments:
    return Increments(
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.gain for part in parts]),
    )


def _best(increments: Increments) -> tuple[float, float]:
    """(threshold, gain) of the threshold with the highest gain; no detections: (inf, 0)."""
    order = np.argsort(-increments.score, kind="stable")
    score, total = increments.score[order], np.cumsum(increments.gain[order])
    last_of_ties = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    best = last_of_ties[np.argmax(total[last_of_ties])]
    if total[best] <= 0.0:
        return math.inf, 0.0
    return float(score[best]), float(total[best])


def _gain_at(increments: Increments, threshold: float) -> float:
    return float(increments.gain[increments.score >= threshold].sum())


def _normalised(gain: float, files: Sequence[ScoredFile], profile: Profile) -> float:
    """`gain` is what the detections add to the score of never detecting anything. NaN without a
    window in any file."""
    windows = sum(len(file.windows) for file in files)
    if not windows:
        return math.nan
    return 100.0 * gain / (windows * (profile.A_tp + profile.A_fn))
