"""The figures of `bench false-alarms` as tables and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamrnn.evaluate.clean_streams import INTERVALS, TEN_CHARACTERS
from streamrnn.evaluate.false_alarms import BUDGETS, DAY, Count
from streamrnn.evaluate.label_free import MARGIN_ROWS
from streamrnn.evaluate.poisson import pooled
from streamrnn.evaluate.table import Table

# Observed false alarms should be so many times the allowed ones.
LEAST, MOST = 0.5, 2.0

_ALL = "all"
_NOTE = "Observed false alarms / allowed ones, with the 95 % confidence interval (Poisson). "


def clean_tables(counts: Sequence[Count]) -> list[Table]:
    """One for all budgets by interval, then one for each budget by character."""
    found = [
        Table(
            "False alarms on clean streams, by budget and interval",
            f"{_NOTE}All characters together. Within: pairs of character and interval whose "
            f"ratio lies from {LEAST} to {MOST}; outside: the confidence interval is beyond.",
            ("budget", *INTERVALS, _ALL, "within", "outside"),
            [_budget_row(counts, budget) for budget in BUDGETS],
        )
    ]  # fmt: skip
    for budget in BUDGETS:
        rows = [
            (character.title, *(_cell(counts, budget, group, name) for group in INTERVALS),
             _cell(counts, budget, None, name))
            for name, character in TEN_CHARACTERS.items()
        ]  # fmt: skip
        title = f"False alarms on clean streams, {budget} allowed"
        found.append(Table(title, _NOTE.strip(), ("character", *INTERVALS, _ALL), rows))
    return found


def _budget_row(counts: Sequence[Count], budget: str) -> tuple[str, ...]:
    of_budget = [one for one in counts if one.cell.budget == budget]
    pairs = sorted({(one.cell.name, one.cell.group) for one in of_budget})
    rates = [
        pooled([one.rate for one in of_budget if (one.cell.name, one.cell.group) == pair])
        for pair in pairs
    ]
    within = sum(LEAST <= rate.ratio <= MOST for rate in rates)
    outside = sum(rate.interval[1] < LEAST or rate.interval[0] > MOST for rate in rates)
    ratios = (*(_cell(counts, budget, group) for group in INTERVALS), _cell(counts, budget))
    return (budget, *ratios, f"{within}/{len(rates)}", f"{outside}/{len(rates)}")


def recorded_table(counts: Sequence[Count]) -> Table:
    groups = dict.fromkeys(count.cell.group for count in counts)
    rows = []
    for group in (*groups, None):
        of_group = [one for one in counts if group is None or one.cell.group == group]
        once = [one for one in of_group if one.cell.budget == next(iter(BUDGETS))]
        streams, seconds = sum(one.streams for one in once), sum(one.seconds for one in once)
        ratios = (_cell(counts, budget, group) for budget in BUDGETS)
        rows.append((group or _ALL, f"{streams:,}", f"{seconds / DAY:,.0f}", *ratios))
    return Table(
        "False alarms in label-free stretches of recordings",
        f"{_NOTE}Readings less than {MARGIN_ROWS} rows from a label do not count. UCR and MSL "
        "have no clock: their rows pass for 1 s and 60 s. What is real but not labelled counts as "
        "false, except silence: where nothing was recorded a stream is rightly called stale.",
        ("set", "streams", "stream-days", *BUDGETS),
        rows,
    )


def to_json(counts: Sequence[Count]) -> list[dict[str, Any]]:
    """Fit for `json.dumps`: every cell."""
    return [
        {
            **one.cell._asdict(),
            "streams": one.streams,
            "readings": one.readings,
            "days": one.seconds / DAY,
            "false_alarms": one.alarms,
            "allowed": one.rate.expected,
        }
        for one in counts
    ]


def _cell(
    counts: Sequence[Count], budget: str, group: str | None = None, name: str | None = None
) -> str:
    """None: all of them."""
    rates = [
        one.rate
        for one in counts
        if one.cell.budget == budget
        and (group is None or one.cell.group == group)
        and (name is None or one.cell.name == name)
    ]
    return str(pooled(rates))
