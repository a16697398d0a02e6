"""The executable specification of the measures and baselines: row by row, slow and plain, with
nothing shared with the package."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Events = Sequence[tuple[int, int]]


def vus_pr(score: NDArray[np.float64], events: Events, width: int, thresholds: int) -> float:
    """From the definition: for each width and each threshold, over all rows."""
    n = len(score)
    falling = sorted(score, reverse=True)
    levels = [falling[int(i)] for i in np.linspace(0, n - 1, thresholds)]
    rows_of_events = {row for first, last in events for row in range(first, last + 1)}
    areas = []
    for w in range(width + 1):
        degree = [0.0] * n
        for row in range(n):
            if row in rows_of_events:
                degree[row] = 1.0
                continue
            for first, last in events:
                d = first - row if row < first else row - last
                if d <= w // 2:
                    degree[row] += math.sqrt(1 - d / w)
            degree[row] = min(degree[row], 1.0)
        merged: list[list[int]] = []
        for first, last in events:
            if merged and first - w // 2 <= merged[-1][1]:
                merged[-1][1] = last + w // 2
            else:
                merged.append([first - w // 2, last + w // 2])
        area, recall_before = 0.0, 0.0
        for level in levels:
            detected = [row for row in range(n) if score[row] >= level]
            weight = sum(degree[row] for row in detected)
            buffer = sum(degree[row] for row in detected if row not in rows_of_events)
            found = sum(any(a <= row <= b for row in detected) for a, b in merged)
            recall = min(weight / (len(rows_of_events) + buffer / 2), 1.0) * found / len(merged)
            area += (recall - recall_before) * weight / len(detected)
            recall_before = recall
        areas.append(area)
    return sum(areas) / len(areas)


def nab_file_score(
    detected: Sequence[bool], windows: Events, start: int, A_tp: float, A_fp: float, A_fn: float
) -> float:
    """The score of one file, not normalised, as the benchmark's rules tell it."""

    def sigma(y: float) -> float:
        return 2 / (1 + math.exp(5 * y)) - 1

    total = 0.0
    for first, last in windows:
        w = last - first + 1
        worths = [
            A_tp * sigma(-(last - row + 1) / w) / sigma(-1)
            for row in range(first, last + 1)
            if detected[row]
        ]
        total += max(worths) if worths else -A_fn
    for row in range(start, len(detected)):
        if not detected[row] or any(first <= row <= last for first, last in windows):
            continue
        before = [(first, last) for first, last in windows if last < row]
        if not before:
            total -= A_fp
            continue
        first, last = before[-1]
        y = (row - last) / (last - first)
        total += -A_fp if y > 3 else A_fp * sigma(y)
    return total


def persistence(values: NDArray[np.float64]) -> NDArray[np.float64]:
    score = np.zeros(len(values))
    for t in range(2, len(values)):
        sd = np.std(values[:t])
        if sd > 0:
            score[t] = abs(values[t] - values[t - 1]) / sd
    return score


def ar_error(values: NDArray[np.float64], order: int, ridge: float) -> NDArray[np.float64]:
    """Least squares over all earlier rows, solved anew for every row; nothing is forgotten."""
    n = len(values)
    z = np.zeros(n)
    for t in range(2, n):
        sd = np.std(values[:t])
        z[t] = (values[t] - np.mean(values[:t])) / sd if sd > 0 else 0.0
    lags = np.array(
        [[*(z[t - k] if t >= k else 0.0 for k in range(1, order + 1)), 1.0] for t in range(n)]
    )
    score = np.zeros(n)
    for t in range(order + 1, n):
        gram = lags[:t].T @ lags[:t] + ridge * np.eye(order + 1)
        score[t] = abs(z[t] - lags[t] @ np.linalg.solve(gram, lags[:t].T @ z[:t]))
    return score
