"""Figures over seeds: what the tables and the JSON file are made from."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from streamrnn.errors import InputError
from streamrnn.evaluate.datasets import DATA_SETS
from streamrnn.evaluate.protocol import Figure, SeriesResult, figures_of

# NAB has a score of its own; its windows are far wider than what VUS-PR asks for.
SIX_SETS = ("ucr", "nasa_msl", "gecco", "skab", "wsn", "batadal")
MEAN_OF_SIX = "mean of six"


@dataclass(frozen=True, slots=True)
class OverSeeds:
    """One figure, once per seed; detectors without randomness have one value."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        return float(np.mean(self.values))

    @property
    def sd(self) -> float:
        """Sample standard deviation; NaN for one value."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else math.nan

    @property
    def least(self) -> float:
        return min(self.values)


@dataclass(frozen=True, slots=True)
class Figures:
    """by_name: (data set, detector, figure) -> its values. Also holds MEAN_OF_SIX as a data set,
    when all six were measured."""

    by_name: dict[tuple[str, str, Figure], OverSeeds] = field(default_factory=dict)

    def get(self, data_set: str, detector: str, figure: Figure) -> OverSeeds | None:
        return self.by_name.get((data_set, detector, figure))

    def data_sets(self) -> list[str]:
        """Those that were measured, in the order in which they are always shown."""
        measured = {data_set for data_set, _, _ in self.by_name}
        return [name for name in (*DATA_SETS, MEAN_OF_SIX) if name in measured]

    def single_sets(self) -> list[str]:
        """The same without MEAN_OF_SIX."""
        return [name for name in self.data_sets() if name != MEAN_OF_SIX]


def summarise(results: Sequence[SeriesResult]) -> Figures:
    """The figures of all sets, detectors and seeds in `results`."""
    groups: dict[tuple[str, str, int], list[SeriesResult]] = {}
    for result in results:
        groups.setdefault((result.data_set, result.detector, result.seed), []).append(result)
    values: dict[tuple[str, str, Figure], list[float]] = {}
    for (data_set, detector, _), group in groups.items():
        for figure, value in figures_of(data_set, group).items():
            values.setdefault((data_set, detector, figure), []).append(value)
    figures = Figures({name: OverSeeds(tuple(each)) for name, each in values.items()})
    for detector in dict.fromkeys(result.detector for result in results):
        for figure in (Figure.VUS_PR, Figure.AUC_PR):
            of_sets = [figures.get(data_set, detector, figure) for data_set in SIX_SETS]
            known = [one.values for one in of_sets if one is not None]
            if len(known) == len(SIX_SETS):
                means = np.mean(known, axis=0).tolist()
                figures.by_name[MEAN_OF_SIX, detector, figure] = OverSeeds(tuple(means))
    return figures


def to_json(figures: Figures, results: Sequence[SeriesResult]) -> dict[str, Any]:
    """Fit for `json.dumps`: figures by set, detector and name, and the series behind them."""
    tree: dict[str, Any] = {}
    for (data_set, detector, figure), over in figures.by_name.items():
        tree.setdefault(data_set, {}).setdefault(detector, {})[str(figure)] = {
            "mean": over.mean,
            "sd": _number(over.sd),
            "min": over.least,
            "values": list(over.values),
        }
    return {"figures": tree, "series": [_series_json(result) for result in results]}


def from_json(path: Path) -> Figures:
    """The figures that `bench quality --json` wrote. Raises InputError for another file."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))["figures"]
        return Figures(
            {
                (data_set, detector, Figure(figure)): OverSeeds(tuple(map(float, over["values"])))
                for data_set, of_set in tree.items()
                for detector, of_detector in of_set.items()
                for figure, over in of_detector.items()
            }
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: must be a file that bench quality --json wrote: {error}"
        ) from error


def _series_json(result: SeriesResult) -> dict[str, Any]:
    known: dict[str, Any] = {
        "set": result.data_set,
        "series": result.series,
        "detector": result.detector,
        "seed": result.seed,
        "vus_pr": _number(result.vus_pr),
        "auc_pr": _number(result.auc_pr),
        "top_1": _number(result.top_1),
    }
    if result.alarms is not None:
        known |= {
            "events": result.alarms.events,
            "detected": len(result.alarms.delay_rows),
            "false_alarms": result.alarms.false_alarms,
            "rows": result.alarms.rows,
        }
    return known


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
