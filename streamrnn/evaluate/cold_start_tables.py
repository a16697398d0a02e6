"""The figures of `bench cold-start` as tables and JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from streamrnn.evaluate.clean_streams import INTERVALS, TEN_CHARACTERS
from streamrnn.evaluate.cold_start import (
    LATER,
    LONG,
    NOTICED_WITHIN,
    SEEN,
    SETTLED,
    SPIKE,
    LongRun,
    Start,
)
from streamrnn.evaluate.table import Table


def start_table(starts: Sequence[Start]) -> Table:
    rows: list[tuple[str, ...]] = []
    for seen in SEEN:
        after = [one for one in starts if one.seen == seen]
        found = [one.found for one in after if one.found is not None]
        rows.append(
            (
                str(seen),
                f"{np.mean([one.has_band for one in after]):.3f}",
                _mean([one.covered for one in after], 3),
                _median([one.width for one in after]),
                _mean([one.plain_covered for one in after], 3),
                _median([one.plain_width for one in after]),
                f"{np.mean(found):.3f}",
                f"{np.mean([one.false_alarms for one in after]):.4f}",
            )
        )
    return Table(
        "The first readings of a stream",
        f"All characters. Looked at over the following {LATER:.0%} as many readings; widths of the "
        "95 % band in noises of the stream, medians. Plain: mean and deviation of all readings so "
        f"far. Spike found: one of {SPIKE:.0f} noises, within {NOTICED_WITHIN} readings. "
        "Anomalous: share of clean readings.",
        ("readings seen", "has band", "covered", "width", "plain covered", "plain width",
         "spike found", "anomalous"),
        rows,
    )  # fmt: skip


def character_table(starts: Sequence[Start]) -> Table:
    rows = []
    for name, character in TEN_CHARACTERS.items():
        cells = []
        for seen in SEEN:
            after = [one for one in starts if one.seen == seen and one.character == name]
            covered = _mean([one.covered for one in after], 2)
            cells.append(f"{covered} / {_median([one.width for one in after])}")
        rows.append((character.title, *cells))
    header = ("character", *(f"{seen} readings" for seen in SEEN))
    return Table("The same by character", "Covered / width in noises.", header, rows)


def long_run_table(found: Sequence[LongRun]) -> Table:
    by_name = {(one.character, one.interval): one.covered for one in found}
    rows = [
        (character.title, *(f"{by_name[name, interval]:.3f}" for interval in INTERVALS))
        for name, character in TEN_CHARACTERS.items()
    ]
    means = [np.mean([by_name[name, each] for name in TEN_CHARACTERS]) for each in INTERVALS]
    rows.append(("mean", *(f"{mean:.3f}" for mean in means)))
    return Table(
        "Coverage of the 95 % band on clean streams",
        f"Share of readings in the band, {LONG:,} readings without the first {SETTLED:,}.",
        ("character", *INTERVALS),
        rows,
    )


def to_json(starts: Sequence[Start], found: Sequence[LongRun]) -> dict[str, Any]:
    """Fit for `json.dumps`."""
    return {
        "starts": [{key: _known(value) for key, value in one._asdict().items()} for one in starts],
        "long_runs": [one._asdict() for one in found],
    }


def _known(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _mean(values: Sequence[float], digits: int) -> str:
    known = [value for value in values if math.isfinite(value)]
    return f"{np.mean(known):.{digits}f}" if known else "-"


def _median(values: Sequence[float]) -> str:
    known = [value for value in values if math.isfinite(value)]
    return f"{np.median(known):.1f}" if known else "-"
