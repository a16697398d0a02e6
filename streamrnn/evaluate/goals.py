"""What the detector should reach, and whether it does: one row for each goal.

The goals are set against what is published for the same data; docs/quality.md names it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from streamrnn.evaluate.detectors import DETECTORS, OURS
from streamrnn.evaluate.figures import MEAN_OF_SIX, Figures
from streamrnn.evaluate.protocol import MOST_FALSE_PER_10K_ROWS, Figure
from streamrnn.evaluate.table import Table

LEAST_RECALL: Final = 0.80


class Goal(NamedTuple):
    """mean: over seeds, at least. worst: no seed may be below; None: any may."""

    title: str
    data_set: str
    figure: Figure
    mean: float
    worst: float | None = None


GOALS: Final = (
    Goal("NAB standard, corpus threshold", "nab", Figure.NAB_STANDARD, 77.5, worst=75.0),
    Goal("NAB standard, 2-fold", "nab", Figure.NAB_STANDARD_2FOLD, 76.0),
    Goal("NAB low FP", "nab", Figure.NAB_LOW_FP, 71.0),
    Goal("NAB low FN", "nab", Figure.NAB_LOW_FN, 81.0),
    Goal("NAB standard, shipped alarm", "nab", Figure.NAB_STANDARD_SHIPPED, 73.0),
    Goal("UCR VUS-PR", "ucr", Figure.VUS_PR, 0.55),
    Goal("UCR top-1", "ucr", Figure.TOP_1, 0.80),
    Goal("SKAB F1 at FAR <= 14 %", "skab", Figure.F1, 0.80),
    Goal("SKAB VUS-PR", "skab", Figure.VUS_PR, 0.78),
    Goal("GECCO VUS-PR", "gecco", Figure.VUS_PR, 0.80),
    Goal("MSL VUS-PR", "nasa_msl", Figure.VUS_PR, 0.57),
    Goal("WSN VUS-PR", "wsn", Figure.VUS_PR, 0.97),
    Goal("BATADAL VUS-PR", "batadal", Figure.VUS_PR, 0.70),
    Goal("VUS-PR, mean of six sets", MEAN_OF_SIX, Figure.VUS_PR, 0.74),
)


def goal_table(figures: Figures) -> Table:
    """Those goals that were measured; no rows without our own detector."""
    rows = [_row(figures, goal) for goal in GOALS if figures.get(goal.data_set, OURS, goal.figure)]
    for data_set in figures.data_sets():
        rows += _alarm_row(figures, data_set) + _baseline_row(figures, data_set)
    return Table(
        "Goals",
        "Mean over seeds, and the worst seed.",
        ("goal", "wanted", "mean", "worst", "met"),
        rows,
    )


def _row(figures: Figures, goal: Goal) -> tuple[str, ...]:
    over = figures.get(goal.data_set, OURS, goal.figure)
    assert over is not None
    digits = 1 if goal.data_set == "nab" else 3
    met = over.mean >= goal.mean and (goal.worst is None or over.least >= goal.worst)
    wanted = f"{goal.mean:.{digits}f}"
    if goal.worst is not None:
        wanted += f", no seed below {goal.worst:.{digits}f}"
    return (goal.title, wanted, f"{over.mean:.{digits}f}", f"{over.least:.{digits}f}", _yes(met))


def _alarm_row(figures: Figures, data_set: str) -> list[tuple[str, ...]]:
    """Events found and false alarms at the shipped alarm: both, or the goal is missed."""
    recall = figures.get(data_set, OURS, Figure.EVENT_RECALL)
    false = figures.get(data_set, OURS, Figure.FALSE_PER_10K_ROWS)
    if recall is None or false is None:
        return []
    met = recall.mean >= LEAST_RECALL and false.mean <= MOST_FALSE_PER_10K_ROWS
    return [
        (
            f"{data_set}: event recall, at false alarms per 10,000 rows",
            f"{LEAST_RECALL:.2f} at {MOST_FALSE_PER_10K_ROWS:.0f}",
            f"{recall.mean:.3f} at {false.mean:.2f}",
            f"{recall.least:.3f} at {max(false.values):.2f}",
            _yes(met),
        )
    ]


def _baseline_row(figures: Figures, data_set: str) -> list[tuple[str, ...]]:
    ours = figures.get(data_set, OURS, Figure.VUS_PR)
    others = {
        name: over.mean
        for name in DETECTORS
        if name != OURS and (over := figures.get(data_set, name, Figure.VUS_PR)) is not None
    }
    if ours is None or not others:
        return []
    best = max(others, key=lambda name: others[name])
    return [
        (
            f"{data_set}: VUS-PR above every baseline's",
            f"{others[best]:.3f} ({DETECTORS[best].title})",
            f"{ours.mean:.3f}",
            f"{ours.least:.3f}",
            _yes(ours.mean > others[best]),
        )
    ]


def _yes(met: bool) -> str:
    return "yes" if met else "no"
