"""What is measured: of one series, and of one set from its series.

`measure` looks at one pass of one detector over one series; `figures_of` pools the passes of one
seed over a set. Rows before a series' `start` never count. VUS-PR and AUC-PR are means over the
series that have an event; alarm counts are pooled before rates are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from streamrnn.evaluate import nab
from streamrnn.evaluate.alarms import AlarmCount, count_alarms
from streamrnn.evaluate.detectors import Verdict
from streamrnn.evaluate.hindsight import AlarmCurve, alarm_curve, best_recall
from streamrnn.evaluate.precision_recall import auc_pr, best_point_score, point_score
from streamrnn.evaluate.series import Series, inside
from streamrnn.evaluate.vus import vus_pr

TOP_1_TOLERANCE_ROWS = 100
SKAB_MAX_FAR = 0.14
MOST_FALSE_PER_10K_ROWS = 2.0
_WEEK_SECONDS = 7 * 86_400.0


class Figure(StrEnum):
    """Every number that a set can have. `*_2fold` and `*_shipped`: NAB's other two thresholds.
    `*_in_hindsight`: at the best threshold with MOST_FALSE_PER_10K_ROWS."""

    VUS_PR = "vus_pr"
    AUC_PR = "auc_pr"
    EVENT_RECALL = "event_recall"
    DELAY_ROWS = "median_delay_rows"
    DELAY_SECONDS = "median_delay_seconds"
    FALSE_PER_10K_ROWS = "false_alarms_per_10k_rows"
    FALSE_PER_STREAM_WEEK = "false_alarms_per_stream_week"
    RECALL_IN_HINDSIGHT = "event_recall_in_hindsight"
    TOP_1 = "top_1"
    F1 = "f1"
    FAR = "far"
    F1_SHIPPED = "f1_shipped"
    FAR_SHIPPED = "far_shipped"
    NAB_STANDARD = "nab_standard"
    NAB_LOW_FP = "nab_low_fp"
    NAB_LOW_FN = "nab_low_fn"
    NAB_STANDARD_2FOLD = "nab_standard_2fold"
    NAB_LOW_FP_2FOLD = "nab_low_fp_2fold"
    NAB_LOW_FN_2FOLD = "nab_low_fn_2fold"
    NAB_STANDARD_SHIPPED = "nab_standard_shipped"
    NAB_LOW_FP_SHIPPED = "nab_low_fp_shipped"
    NAB_LOW_FN_SHIPPED = "nab_low_fn_shipped"


NAB_CORPUS = (Figure.NAB_STANDARD, Figure.NAB_LOW_FP, Figure.NAB_LOW_FN)
NAB_2FOLD = (Figure.NAB_STANDARD_2FOLD, Figure.NAB_LOW_FP_2FOLD, Figure.NAB_LOW_FN_2FOLD)
NAB_SHIPPED = (Figure.NAB_STANDARD_SHIPPED, Figure.NAB_LOW_FP_SHIPPED, Figure.NAB_LOW_FN_SHIPPED)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a series whose set is scored as a whole: all (n,) of NAB's, SKAB's after the
    start. trust, flagged: None when the detector has no threshold of its own."""

    score: NDArray[np.float64]
    events: NDArray[np.int64]
    trust: NDArray[np.float64] | None
    flagged: NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True)
class SeriesResult:
    """One pass of one detector over one series. vus_pr, auc_pr: NaN without an event."""

    data_set: str
    series: str
    detector: str
    seed: int
    vus_pr: float
    auc_pr: float
    top_1: float
    alarms: AlarmCount | None
    curve: AlarmCurve
    rows: Rows | None


def measure(
    data_set: str, series: Series, detector: str, seed: int, verdict: Verdict
) -> SeriesResult:
    """Raises nothing: a verdict fits its series."""
    start, events = series.start, series.scored_events
    score = verdict.score[start:]
    return SeriesResult(
        data_set=data_set,
        series=series.name,
        detector=detector,
        seed=seed,
        vus_pr=vus_pr(score, events),
        auc_pr=auc_pr(score, inside(events, len(score))),
        top_1=_top_1(score, events),
        alarms=_alarms(series, verdict),
        curve=alarm_curve(verdict.strength[start:], events),
        rows=_rows(data_set, series, verdict),
    )


def figures_of(data_set: str, results: Sequence[SeriesResult]) -> dict[Figure, float]:
    """The figures of a set from all its series, by one detector with one seed. What has no meaning
    for this set or detector is left out."""
    figures = {
        Figure.VUS_PR: _mean([result.vus_pr for result in results]),
        Figure.AUC_PR: _mean([result.auc_pr for result in results]),
        Figure.RECALL_IN_HINDSIGHT: best_recall(
            [result.curve for result in results], MOST_FALSE_PER_10K_ROWS
        ),
    }
    counts = [result.alarms for result in results if result.alarms is not None]
    if counts:
        figures |= _alarm_figures(counts)
    if data_set == "ucr":
        figures[Figure.TOP_1] = _mean([result.top_1 for result in results])
    elif data_set == "nab":
        figures |= _nab_figures(results)
    elif data_set == "skab":
        figures |= _skab_figures(results)
    return {figure: value for figure, value in figures.items() if np.isfinite(value)}


def _mean(values: Sequence[float]) -> float:
    """Over the series that have the figure; NaN when none has."""
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _top_1(score: NDArray[np.float64], events: NDArray[np.int64]) -> float:
    """1 when the row of the highest score lies at an event, else 0."""
    if not len(events):
        return float("nan")
    top = int(np.argmax(score))
    near = (events[:, 0] - TOP_1_TOLERANCE_ROWS <= top) & (
        top <= events[:, 1] + TOP_1_TOLERANCE_ROWS
    )
    return float(near.any())


def _alarms(series: Series, verdict: Verdict) -> AlarmCount | None:
    if verdict.trust is None:
        return None
    start = series.start
    counted = count_alarms(verdict.trust[start:] > 0.0, series.times[start:], series.scored_events)
    if series.has_clock:
        return counted
    return counted._replace(delay_seconds=[], stream_seconds=0.0)


def _rows(data_set: str, series: Series, verdict: Verdict) -> Rows | None:
    if data_set not in ("nab", "skab"):
        return None
    start = 0 if data_set == "nab" else series.start
    return Rows(
        score=verdict.score[start:],
        events=series.events if data_set == "nab" else series.scored_events,
        trust=None if verdict.trust is None else verdict.strength[start:],
        flagged=None if verdict.flagged is None else verdict.flagged[start:],
    )


def _alarm_figures(counts: Sequence[AlarmCount]) -> dict[Figure, float]:
    events = sum(count.events for count in counts)
    delay_rows = [delay for count in counts for delay in count.delay_rows]
    delay_seconds = [delay for count in counts for delay in count.delay_seconds]
    timed = [count for count in counts if count.stream_seconds > 0.0]
    weeks = sum(count.stream_seconds for count in timed) / _WEEK_SECONDS
    false_in_weeks = sum(count.stream_false_alarms for count in timed)
    rows = sum(count.rows for count in counts)
    nan = float("nan")
    return {
        Figure.EVENT_RECALL: len(delay_rows) / events if events else nan,
        Figure.DELAY_ROWS: float(np.median(delay_rows)) if delay_rows else nan,
        Figure.DELAY_SECONDS: float(np.median(delay_seconds)) if delay_seconds else nan,
        Figure.FALSE_PER_10K_ROWS: 1e4 * sum(count.false_alarms for count in counts) / rows,
        Figure.FALSE_PER_STREAM_WEEK: false_in_weeks / weeks if weeks else nan,
    }


def _nab_figures(results: Sequence[SeriesResult]) -> dict[Figure, float]:
    """A detector with alarms of its own enters with its trust in them, and 0 elsewhere: NAB charges
    every row above the threshold, and so means alarms, not a score that stays high."""
    rows = [(result.series.split("/")[0], result.rows) for result in results if result.rows]
    files, shipped = [], []
    for category, row in rows:
        score = row.score if row.trust is None else row.trust
        files.append(nab.ScoredFile(category, score, row.events))
        if row.trust is not None:
            raised = (row.trust > 0.0).astype(np.float64)
            shipped.append(nab.ScoredFile(category, raised, row.events))
    figures = {}
    for profile, corpus, two_fold, at_shipped in zip(
        nab.PROFILES, NAB_CORPUS, NAB_2FOLD, NAB_SHIPPED, strict=True
    ):
        figures[corpus] = nab.corpus_score(files, profile)
        figures[two_fold] = nab.two_fold_score(files, profile)
        if shipped:
            figures[at_shipped] = nab.score_at(shipped, profile, threshold=1.0)
    return figures


def _skab_figures(results: Sequence[SeriesResult]) -> dict[Figure, float]:
    """Over the rows of all experiments with an event taken together."""
    rows = [result.rows for result in results if result.rows and len(result.rows.events)]
    if not rows:
        return {}
    positive = np.concatenate([inside(row.events, len(row.score)) for row in rows])
    swept = best_point_score(np.concatenate([row.score for row in rows]), positive, SKAB_MAX_FAR)
    figures = {Figure.F1: swept.f1, Figure.FAR: swept.far}
    flagged = [row.flagged for row in rows if row.flagged is not None]
    if flagged:
        shipped = point_score(np.concatenate(flagged), positive)
        figures |= {Figure.F1_SHIPPED: shipped.f1, Figure.FAR_SHIPPED: shipped.far}
    return figures
