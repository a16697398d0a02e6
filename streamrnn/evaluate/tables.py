"""The figures of `bench quality` as tables."""

from __future__ import annotations

from collections.abc import Sequence

from streamrnn.evaluate.alarms import EPISODE_ROWS, TOLERANCE_ROWS
from streamrnn.evaluate.detectors import DETECTORS
from streamrnn.evaluate.figures import Figures, OverSeeds
from streamrnn.evaluate.goals import goal_table
from streamrnn.evaluate.protocol import (
    MOST_FALSE_PER_10K_ROWS,
    NAB_2FOLD,
    NAB_CORPUS,
    NAB_SHIPPED,
    SKAB_MAX_FAR,
    TOP_1_TOLERANCE_ROWS,
    Figure,
)
from streamrnn.evaluate.table import Table

_NONE = "-"
_PROFILES = ("standard", "low FP", "low FN")


def tables(figures: Figures, detectors: Sequence[str], absent: Sequence[str] = ()) -> list[Table]:
    """All tables that have anything in them. absent: detectors that could not run."""
    sets = figures.single_sets()
    of_detectors = [
        (
            Table(
                "VUS-PR",
                "Volume under the range-aware precision-recall surface.",
                ("detector", *figures.data_sets()),
                [],
            ),
            [(data_set, Figure.VUS_PR, 3) for data_set in figures.data_sets()],
        ),
        (
            Table("AUC-PR", "Average precision over rows.", ("detector", *figures.data_sets()), []),
            [(data_set, Figure.AUC_PR, 3) for data_set in figures.data_sets()],
        ),
        (
            Table(
                "NAB, threshold chosen on the corpus, and on the other half",
                "Normalised score, by profile.",
                ("detector", *_PROFILES, *(f"{profile}, 2-fold" for profile in _PROFILES)),
                [],
            ),
            [("nab", figure, 1) for figure in (*NAB_CORPUS, *NAB_2FOLD)],
        ),
        (
            Table(
                "UCR and SKAB",
                f"Top-1: the highest score lies within {TOP_1_TOLERANCE_ROWS} rows of the event. "
                f"F1: pooled rows, best threshold with a false alarm rate (FAR) of at most "
                f"{SKAB_MAX_FAR:.0%}.",
                ("detector", "UCR top-1", "SKAB F1", "SKAB FAR"),
                [],
            ),
            [("ucr", Figure.TOP_1, 3), ("skab", Figure.F1, 3), ("skab", Figure.FAR, 3)],
        ),
        (
            Table(
                f"Event recall at {MOST_FALSE_PER_10K_ROWS:.0f} false alarms per 10,000 rows",
                "At the best threshold for the set, chosen when all is over: what no detector can "
                "know beforehand. Of a detector with alarms of its own, by its trust in them; of "
                "the others, an alarm is raised where the score rises to the threshold.",
                ("detector", *sets),
                [],
            ),
            [(data_set, Figure.RECALL_IN_HINDSIGHT, 2) for data_set in sets],
        ),
    ]
    for table, columns in of_detectors:
        for detector in detectors:
            cells = [figures.get(data_set, detector, name) for data_set, name, _ in columns]
            if detector in absent:
                table.rows.append((DETECTORS[detector].title, *["not installed"] * len(cells)))
            elif any(cells):
                shown = [
                    _cell(over, digits) for over, (_, _, digits) in zip(cells, columns, strict=True)
                ]
                table.rows.append((DETECTORS[detector].title, *shown))
    shipped = [goal_table(figures), *(table for table, _ in of_detectors)]
    for detector in detectors:
        shipped += [_alarm_table(figures, detector), _shipped_scores(figures, detector)]
    return [table for table in shipped if table.rows]


def _alarm_table(figures: Figures, detector: str) -> Table:
    columns = (
        (Figure.EVENT_RECALL, 3),
        (Figure.DELAY_ROWS, 1),
        (Figure.DELAY_SECONDS, 0),
        (Figure.FALSE_PER_10K_ROWS, 2),
        (Figure.FALSE_PER_STREAM_WEEK, 2),
    )
    rows: list[tuple[str, ...]] = []
    for data_set in figures.data_sets():
        cells = [figures.get(data_set, detector, figure) for figure, _ in columns]
        if any(cells):
            shown = [_cell(over, digits) for over, (_, digits) in zip(cells, columns, strict=True)]
            rows.append((data_set, *shown))
    return Table(
        f"{DETECTORS[detector].title} at its shipped alarm",
        f"A detection: an alarm from the begin of an event to {TOLERANCE_ROWS} rows after its end. "
        f"Others are false; within {EPISODE_ROWS} rows of the first they are one.",
        (
            *("set", "event recall", "median delay, rows", "median delay, s"),
            *("false alarms / 10,000 rows", "false alarms / stream-week"),
        ),
        rows,
    )


def _shipped_scores(figures: Figures, detector: str) -> Table:
    """Benchmarks' own scores at the shipped alarm; the worst seed where a goal is set for it."""
    named = [
        *((f"NAB {name}", "nab", figure, 1)
          for name, figure in zip(_PROFILES, NAB_SHIPPED, strict=True)),
        ("SKAB F1", "skab", Figure.F1_SHIPPED, 3),
        ("SKAB FAR", "skab", Figure.FAR_SHIPPED, 3),
    ]  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for name, data_set, figure, digits in named:
        over = figures.get(data_set, detector, figure)
        if over is not None:
            rows.append((name, _cell(over, digits), f"{over.least:.{digits}f}"))
    return Table(
        f"{DETECTORS[detector].title}: benchmarks' scores at its shipped alarm",
        "No threshold chosen by anyone.",
        ("score", "mean", "least of seeds"),
        rows,
    )


def _cell(over: OverSeeds | None, digits: int) -> str:
    if over is None:
        return _NONE
    spread = f" ± {over.sd:.{digits}f}" if len(over.values) > 1 else ""
    return f"{over.mean:.{digits}f}{spread}"
