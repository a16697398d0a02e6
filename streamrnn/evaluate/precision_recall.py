"""Precision and recall over single rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class PointScore(NamedTuple):
    f1: float
    far: float  # false alarm rate: share of normal rows that are flagged


def auc_pr(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Area under the precision-recall curve as average precision; NaN without a positive row.

    score, positive: (n,). Rows of equal score are detected together.
    """
    if not positive.any():
        return float("nan")
    true_positives, detected = _sweep(score, positive)
    recall = true_positives / positive.sum()
    return float(np.dot(np.diff(recall, prepend=0.0), true_positives / detected))


def point_score(flagged: NDArray[np.bool_], positive: NDArray[np.bool_]) -> PointScore:
    """F1 and false alarm rate of flagged rows (n,)."""
    true_positives = float((flagged & positive).sum())
    far = float(flagged[~positive].mean()) if not positive.all() else float("nan")
    return PointScore(2 * true_positives / max(float(flagged.sum() + positive.sum()), 1.0), far)


def best_point_score(
    score: NDArray[np.float64], positive: NDArray[np.bool_], max_far: float
) -> PointScore:
    """The best F1 of any one threshold whose false alarm rate is at most `max_far`."""
    true_positives, detected = _sweep(score, positive)
    f1 = 2 * true_positives / (detected + positive.sum())
    far = (detected - true_positives) / max(int((~positive).sum()), 1)
    allowed = far <= max_far
    if not allowed.any():
        return PointScore(0.0, 0.0)  # only the threshold above all scores is left
    best = int(np.argmax(np.where(allowed, f1, -1.0)))
    return PointScore(float(f1[best]), float(far[best]))


def _sweep(
    score: NDArray[np.float64], positive: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """True positives and detected rows at every distinct score, from the highest down."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    last_of_ties = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    return np.cumsum(positive[order], dtype=np.int64)[last_of_ties], last_of_ties + 1
