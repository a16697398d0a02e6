"""The figures of `bench adaptation` as tables and JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from streamrnn.evaluate import adaptation
from streamrnn.evaluate.adaptation import CURVES, Ramp, Recovery, Shift
from streamrnn.evaluate.table import Table


def ramp_table(found: Sequence[Ramp]) -> Table:
    rows: list[tuple[str, ...]] = []
    for name in CURVES:
        runs = [one for one in found if one.character == name]
        drift, anomaly = ([getattr(one, of) for one in runs] for of in ("drift", "anomaly"))
        rows.append((name, str(len(runs)), *_raised(drift), *_raised(anomaly)))
    return Table(
        "A slow ramp",
        f"{adaptation.RAMP_SIGMAS:.0f} sigma over {adaptation.RAMP_DAYS:.0f} days, with a "
        "retraining every day: sigmas at the first message of kind drift, and at the first of any.",
        ("stream", "runs", "drift raised", "at, median", "at, latest", "any raised", "at, median",
         "at, latest"),
        rows,
    )  # fmt: skip


def shift_table(found: Sequence[Shift]) -> Table:
    rows: list[tuple[str, ...]] = []
    for name in CURVES:
        runs = [one for one in found if one.character == name]
        noticed = [one for one in runs if one.anomalies]
        ended = [one.seconds / adaptation.HOUR for one in noticed if math.isfinite(one.seconds)]
        hours = (f"{np.median(ended):.1f}", f"{max(ended):.1f}") if ended else ("-", "-")
        mean = f"{np.mean([one.anomalies for one in noticed]):.1f}" if noticed else "-"
        shares = (f"{len(noticed)}/{len(runs)}", f"{len(ended)}/{len(noticed)}")
        rows.append((name, *shares, *hours, mean))
    return Table(
        "A new normal",
        f"A shift of {adaptation.SHIFT_SIGMAS:.0f} sigma that stays: hours until the last alarm is "
        f"over, of those that are within {adaptation.AFTER_DAYS:.0f} days.",
        ("stream", "noticed", "over", "hours, median", "hours, latest", "anomalies"),
        rows,
    )


def recovery_table(found: Sequence[Recovery]) -> Table:
    rows: list[tuple[str, ...]] = []
    for name in CURVES:
        runs = [one for one in found if one.character == name and one.is_detected]
        all_runs = sum(one.character == name for one in found)
        second = sum(one.is_second_alarm for one in runs)
        rows.append((name, f"{len(runs)}/{all_runs}", f"{second}/{len(runs)}"))
    return Table(
        "Recovery of a fault",
        f"A shift of {adaptation.SHIFT_SIGMAS:.0f} sigma for "
        f"{adaptation.FAULT_SECONDS / adaptation.HOUR:.0f} h, then as before. Second alarm: a new "
        f"anomaly within {adaptation.SETTLING_SECONDS / adaptation.HOUR:.0f} h after the end, of "
        "the faults that were noticed.",
        ("stream", "noticed", "second alarm"),
        rows,
    )


def to_json(
    ramps: Sequence[Ramp], shifts: Sequence[Shift], recoveries: Sequence[Recovery]
) -> dict[str, Any]:
    """Fit for `json.dumps`; null: never."""
    return {
        "ramps": [_finite(one._asdict()) for one in ramps],
        "shifts": [_finite(one._asdict()) for one in shifts],
        "recoveries": [one._asdict() for one in recoveries],
    }


def _raised(sigmas: Sequence[float]) -> tuple[str, str, str]:
    known = [each for each in sigmas if math.isfinite(each)]
    share = f"{len(known)}/{len(sigmas)}"
    return (share, f"{np.median(known):.1f}", f"{max(known):.1f}") if known else (share, "-", "-")


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in values.items()
    }
