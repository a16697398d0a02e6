"""Every detector over every series, on all cores."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from streamrnn.evaluate.datasets import read_series
from streamrnn.evaluate.detectors import DETECTORS, MeasuredDetector
from streamrnn.evaluate.parallel import in_parallel
from streamrnn.evaluate.protocol import SeriesResult, measure
from streamrnn.evaluate.series import Series

# Their few long series come first: at the end they would keep one core busy and the others idle.
_LONGEST = ("gecco", "batadal")


class Pass(NamedTuple):
    """One detector, with one seed, once over one series without its first `cut` rows."""

    data_set: str
    series: str
    detector: str
    seed: int
    cut: int = 0


def passes(
    sets: Mapping[str, Sequence[str]],
    detectors: Sequence[MeasuredDetector],
    seeds: int,
    *,
    begin_later: bool = False,
) -> list[Pass]:
    """Everything to be done. A detector without randomness runs with seed 0 only, unless every
    seed sees other rows: the run with seed s `begin_later` by s rows."""
    return [
        Pass(data_set, series, detector.name, seed, seed if begin_later else 0)
        for data_set in sorted(sets, key=lambda name: name not in _LONGEST)
        for series in sets[data_set]
        for detector in detectors
        for seed in range(seeds if detector.is_random or begin_later else 1)
    ]


def run(
    data: Path, todo: Sequence[Pass], processes: int, done: Callable[[], object]
) -> list[SeriesResult]:
    """The results of all passes, in their order; `done` is called after each."""
    return in_parallel(functools.partial(run_pass, data), todo, processes, done)


def run_pass(data: Path, one: Pass) -> SeriesResult:
    series = _last_series(data, one.data_set, one.series).without_first(one.cut)
    verdict = DETECTORS[one.detector].run(series, one.seed)
    return measure(one.data_set, series, one.detector, one.seed, verdict)


@functools.lru_cache(maxsize=1)
def _last_series(data: Path, data_set: str, name: str) -> Series:
    """Passes over one series follow one another: it is read once per process."""
    return read_series(data, data_set, name)
