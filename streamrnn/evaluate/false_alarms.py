"""How many false alarms an operator gets, against how many they allowed.

A false alarm is an anomaly that is opened where nothing is wrong: on simulated clean streams, and
in the label-free stretches of recordings. Watched time begins with the first reading that the
detector judges; time in which nothing arrives, as in a gap of the data, is no watched time.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.config import DetectorConfig
from streamrnn.evaluate.clean_streams import INTERVALS, TEN_CHARACTERS
from streamrnn.evaluate.label_free import free_streams, label_free_names
from streamrnn.evaluate.poisson import Rate
from streamrnn.evaluate.watch import Settings, Watched, watch
from streamrnn.records import Kind, Outcome

DAY = 86_400.0
# Seconds per false alarm that the operator allows, for each stream.
BUDGETS = {"1 per 1d": 1.0 * DAY, "1 per 7d": 7.0 * DAY, "1 per 30d": 30.0 * DAY,
           "1 per 90d": 90.0 * DAY}  # fmt: skip

# Where nothing was recorded nothing had arrived: an anomaly that says so is no false alarm.
RECORDED_FACTS = (Kind.STALE.name.lower(),)

# A clean stream is as long as it takes to expect so many false alarms, within these bounds.
EXPECTED_PER_STREAM = 10.0
LEAST_READINGS = 20_000


def settings_for(budget: str) -> Settings:
    """Those of a user who allows this many false alarms."""
    return Settings(detector=DetectorConfig.model_validate({"false_alarms": budget}))


class Cell(NamedTuple):
    """One job. group, name: a data set and a series, or an interval and a character."""

    budget: str
    group: str
    name: str
    seed: int = 0
    most_readings: int = 0


class Count(NamedTuple):
    """What came of a cell."""

    cell: Cell
    streams: int
    readings: int
    seconds: float
    alarms: int

    @property
    def rate(self) -> Rate:
        return Rate(self.alarms, self.seconds / BUDGETS[self.cell.budget])


def clean_cells(streams: int, most_readings: int) -> list[Cell]:
    """The longest first."""
    cells = [
        Cell(budget, interval, character, seed, most_readings)
        for budget in BUDGETS
        for interval in INTERVALS
        for character in TEN_CHARACTERS
        for seed in range(streams)
    ]
    return sorted(cells, key=_readings, reverse=True)


def recorded_cells(data: Path) -> list[Cell]:
    return [Cell(budget, *names) for budget in BUDGETS for names in label_free_names(data)]


def count_clean(cell: Cell) -> Count:
    character, interval = TEN_CHARACTERS[cell.name], INTERVALS[cell.group]
    seed = seed_of(cell)
    values, times = character.readings(seed, interval, _readings(cell))
    watched = watch(values, times, settings_for(cell.budget), f"{cell.name}/{seed}")
    seconds, alarms = _count(watched, times, np.ones(len(times), np.bool_))
    return Count(cell, 1, len(times), seconds, alarms)


def count_recorded(data: Path, cell: Cell) -> Count:
    streams = free_streams(data, cell.group, cell.name)
    readings, seconds, alarms = 0, 0.0, 0
    for index, stream in enumerate(streams):
        name = f"{cell.name}/{index}"
        watched = watch(stream.values, stream.times, settings_for(cell.budget), name)
        of_stream = _count(watched, stream.times, stream.counts, RECORDED_FACTS)
        readings += int(stream.counts.sum())
        seconds += of_stream[0]
        alarms += of_stream[1]
    return Count(cell, len(streams), readings, seconds, alarms)


def seed_of(cell: Cell) -> int:
    """No two cells see the same readings: their counts may be added up."""
    return 1_000 * list(BUDGETS).index(cell.budget) + cell.seed


def _readings(cell: Cell) -> int:
    wanted = EXPECTED_PER_STREAM * BUDGETS[cell.budget] / INTERVALS[cell.group]
    return int(max(LEAST_READINGS, min(wanted, cell.most_readings)))


def _count(
    watched: Watched,
    times: NDArray[np.float64],
    counts: NDArray[np.bool_],
    facts: Collection[str] = (),
) -> tuple[float, int]:
    """(seconds watched, false alarms) over the readings where `counts`; none of a kind in `facts`
    is false."""
    judged = counts & (watched.decisions.outcome != Outcome.WARMING)
    interval = float(np.median(np.diff(times)))
    opened = np.array([event.time for event in watched.alerts if event.kind not in facts])
    # An anomaly may also be opened while nothing arrives: it counts with the reading before.
    rows = np.searchsorted(times, opened, side="right") - 1
    return float(judged.sum()) * interval, int(counts[rows].sum())
