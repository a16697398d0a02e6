"""What the bank says: its judgement of readings, and what it knows of streams. Columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect import layout
from streamrnn.detect.recipe import FINE
from streamrnn.detect.table import (
    ACCEPTED,
    KIND,
    LOWER_OUT,
    OUTCOME,
    SCORE_OUT,
    TRUST,
    UPPER_OUT,
    YHAT_OUT,
)


class Decisions(NamedTuple):
    """The judgement of n readings, in columns; see `records.Decision`."""

    outcome: NDArray[np.uint8]  # records.Outcome
    score: NDArray[np.float64]
    kind: NDArray[np.uint8]  # records.Kind
    trust: NDArray[np.float64]  # in the alarm raised at this reading, 1: just enough; 0: none is
    yhat: NDArray[np.float64]  # NaN: no forecast
    yhat_lower: NDArray[np.float64]
    yhat_upper: NDArray[np.float64]
    accepted: NDArray[np.bool_]  # what was anomalous is the new normal from this reading on

    @property
    def alarm(self) -> NDArray[np.bool_]:
        """Whether one is raised at this reading."""
        return self.trust > 0.0


class BankStatus(NamedTuple):
    """What is known of each stream, one row per slot. Copies."""

    readings: NDArray[np.int64]  # applied
    warm_up_left: NDArray[np.int64]  # readings until the model judges; 0: active
    value: NDArray[np.float64]  # of the last applied reading
    time: NDArray[np.float64]
    score: NDArray[np.float64]
    yhat: NDArray[np.float64]  # forecast made before it; NaN: none
    yhat_lower: NDArray[np.float64]
    yhat_upper: NDArray[np.float64]
    interval: NDArray[np.float64]  # learned reading interval, seconds; NaN until known
    skill_ratio: NDArray[np.float64]  # network's error / persistence's; NaN until known
    retrainings: NDArray[np.int64]
    rejected_retrainings: NDArray[np.int64]

    def of(self, slots: NDArray[np.int64]) -> BankStatus:
        """The rows of these slots."""
        return BankStatus._make(column[slots] for column in self)


def decisions_in(table: NDArray[np.float64]) -> Decisions:
    """From what `advance` wrote into its table, (n, COLUMNS)."""
    return Decisions(
        outcome=table[:, OUTCOME].astype(np.uint8),
        score=table[:, SCORE_OUT].copy(),
        kind=table[:, KIND].astype(np.uint8),
        trust=table[:, TRUST].copy(),
        yhat=table[:, YHAT_OUT].copy(),
        yhat_lower=table[:, LOWER_OUT].copy(),
        yhat_upper=table[:, UPPER_OUT].copy(),
        accepted=table[:, ACCEPTED] != 0.0,
    )


def status_in(numbers: NDArray[np.float64], warm_up: int) -> BankStatus:
    """From the numbers of streams, (n, NUMBERS)."""
    readings = numbers[:, layout.READINGS]
    with np.errstate(divide="ignore", invalid="ignore"):
        skill = numbers[:, layout.NETWORK_ERROR] / numbers[:, layout.PERSISTENCE_ERROR]
    known = (numbers[:, layout.channel(FINE) + layout.SCORED] > 0) & np.isfinite(skill)
    interval = numbers[:, layout.INTERVAL]
    return BankStatus(
        readings=readings.astype(np.int64),
        warm_up_left=np.maximum(warm_up - readings, 0).astype(np.int64),
        value=numbers[:, layout.VALUE].copy(),
        time=numbers[:, layout.TIME].copy(),
        score=numbers[:, layout.SCORE].copy(),
        yhat=numbers[:, layout.YHAT].copy(),
        yhat_lower=numbers[:, layout.YHAT_LOWER].copy(),
        yhat_upper=numbers[:, layout.YHAT_UPPER].copy(),
        interval=np.where(interval > 0.0, interval, np.nan),
        skill_ratio=np.where(known, skill, np.nan),
        retrainings=numbers[:, layout.RETRAININGS].astype(np.int64),
        rejected_retrainings=numbers[:, layout.REJECTED_RETRAININGS].astype(np.int64),
    )
