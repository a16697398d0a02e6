"""Several runs of our own detector side by side: for an ablation, one run a variant."""

from __future__ import annotations

from collections.abc import Sequence

from streamrnn.evaluate.detectors import OURS
from streamrnn.evaluate.figures import Figures
from streamrnn.evaluate.goals import GOALS, Goal
from streamrnn.evaluate.protocol import Figure
from streamrnn.evaluate.table import Table


def comparison_tables(variants: Sequence[tuple[str, Figures]]) -> list[Table]:
    """variants: a title and what was measured."""
    measured = [
        goal
        for goal in GOALS
        if any(figures.get(goal.data_set, OURS, goal.figure) for _, figures in variants)
    ]
    free: list[tuple[str, ...]] = []
    shipped: list[tuple[str, ...]] = []
    sets = list(dict.fromkeys(name for _, figures in variants for name in figures.single_sets()))
    for title, figures in variants:
        free.append((title, *(_figure(figures, goal) for goal in measured)))
        shipped.append((title, *(_recall(figures, data_set) for data_set in sets)))
    return [
        Table(
            "Variants: figures with goals",
            "Mean over seeds.",
            ("variant", *(goal.title for goal in measured)),
            free,
        ),
        Table(
            "Variants at the shipped alarm",
            "Event recall, and false alarms per 10,000 rows.",
            ("variant", *sets),
            shipped,
        ),
    ]


def _figure(figures: Figures, goal: Goal) -> str:
    over = figures.get(goal.data_set, OURS, goal.figure)
    return f"{over.mean:.{1 if goal.data_set == 'nab' else 3}f}" if over else "-"


def _recall(figures: Figures, data_set: str) -> str:
    recall = figures.get(data_set, OURS, Figure.EVENT_RECALL)
    false = figures.get(data_set, OURS, Figure.FALSE_PER_10K_ROWS)
    return f"{recall.mean:.2f} at {false.mean:.1f}" if recall and false else "-"
