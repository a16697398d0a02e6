"""The figures of `bench kinds` as tables and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from streamrnn.evaluate.faults import KINDS
from streamrnn.evaluate.kinds import ALREADY_OPEN, MISSED, QUIET_DAYS, TOLERANCE, Quiet, Told
from streamrnn.evaluate.table import Table

_ALL = "all"


def confusion_table(told: Sequence[Told]) -> Table:
    """Rows: what broke. Columns: what was said."""
    others = sorted({one.said for one in told} - {*KINDS, MISSED, ALREADY_OPEN})
    said = (*KINDS, *others, MISSED, ALREADY_OPEN)
    rows = []
    for kind in KINDS:
        counts = Counter(one.said for one in told if one.trial.kind == kind)
        cells = (str(counts[each]) if counts[each] else "" for each in said)
        rows.append((kind, *cells))
    return Table(
        "Kinds: what broke, and what was said",
        f"Number of faults, by the kind that the detector had settled on {TOLERANCE:.0f} readings "
        "after the fault's end. An alarm that was open before the fault is no detection.",
        ("broke", *said),
        rows,
    )


def recall_table(told: Sequence[Told]) -> Table:
    rows = []
    for kind in (*KINDS, _ALL):
        of_kind = [one for one in told if kind in (one.trial.kind, _ALL)]
        if of_kind:
            rows.append((kind, str(len(of_kind)), *_shares(of_kind)))
    return Table(
        "Kinds: how many are right",
        "Detected: an alarm in time, whatever it says. Right: the right kind, of all faults, "
        "missed ones too; also in real and simulated streams alone, and by the first message. "
        "Delay: readings from the begin of the fault to the alarm, the median.",
        ("kind", "faults", "detected", "right", "real", "simulated", "at first", "delay"),
        rows,
    )


def quiet_table(found: Sequence[Quiet]) -> Table:
    rows = []
    for sensor in (*dict.fromkeys(one.sensor for one in found), _ALL):
        of_sensor = [one for one in found if sensor in (one.sensor, _ALL)]
        kinds = Counter(kind for one in of_sensor for kind in one.kinds)
        rows.append(
            (
                sensor,
                f"{sum(one.readings for one in of_sensor):,}",
                f"{len(of_sensor) * QUIET_DAYS:,.0f}",
                *(str(kinds[kind]) for kind in ("flatline", "stale")),
                str(kinds.total() - kinds["flatline"] - kinds["stale"]),
            )
        )
    return Table(
        "False alarms of sensors that say little by nature",
        "Quantised, constant by nature, or heard of only when something changes; all are healthy.",
        ("sensor", "readings", "stream-days", "flatline", "stale", "other kinds"),
        rows,
    )


def to_json(told: Sequence[Told], found: Sequence[Quiet]) -> dict[str, Any]:
    """Fit for `json.dumps`: every fault and every quiet sensor."""
    faults = [
        {
            **one.trial._asdict(),
            **{key: value for key, value in one._asdict().items() if key != "trial"},
            "delay": one.delay if np.isfinite(one.delay) else None,
        }
        for one in told
    ]
    return {"faults": faults, "quiet": [one._asdict() for one in found]}


def _shares(told: Sequence[Told]) -> tuple[str, ...]:
    detected = [one for one in told if one.said not in (MISSED, ALREADY_OPEN)]
    real = [one for one in told if one.trial.is_real]
    simulated = [one for one in told if not one.trial.is_real]
    at_first = sum(one.first_said == one.trial.kind for one in told) / len(told)
    delay = f"{np.median([one.delay for one in detected]):.0f}" if detected else "-"
    shares = (f"{len(detected) / len(told):.3f}", _right(told), _right(real), _right(simulated))
    return (*shares, f"{at_first:.3f}", delay)


def _right(told: Sequence[Told]) -> str:
    if not told:
        return "-"
    return f"{sum(one.said == one.trial.kind for one in told) / len(told):.3f}"
