"""Every reading with its decision, as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TextIO

import numpy as np

from streamrnn.records import Kind, Outcome
from streamrnn.replay.player import Step
from streamrnn.replay.table import import_pandas

COLUMNS: Final = (
    *("time", "stream", "value", "yhat", "yhat_lower", "yhat_upper"),
    *("score", "outcome", "kind", "alarm", "trust"),
)

_OUTCOMES: Final = np.array([outcome.name.lower() for outcome in Outcome])
_KINDS: Final = np.array([kind.name.lower() for kind in Kind])


class ScoreFile:
    """Writes one line per reading to `out`, late and duplicate ones too; empty: no forecast.

    time: ISO 8601 in UTC, to the microsecond. alarm: 1 where an alarm was raised; trust: in it.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        out.write(",".join(COLUMNS) + "\n")

    def write(self, names: Sequence[str], step: Step) -> None:
        """names: streams by slot."""
        decisions = step.decisions
        microseconds = np.rint(step.times * 1e6).astype(np.int64).astype("datetime64[us]")
        columns = (
            np.char.add(np.datetime_as_string(microseconds, unit="us"), "Z"),
            np.array(names)[step.slots],
            step.values,
            decisions.yhat,
            decisions.yhat_lower,
            decisions.yhat_upper,
            decisions.score,
            _OUTCOMES[decisions.outcome],
            _KINDS[decisions.kind],
            decisions.alarm.astype(np.int8),
            decisions.trust.round(6),
        )
        table = import_pandas().DataFrame(dict(zip(COLUMNS, columns, strict=True)))
        table.to_csv(self._out, header=False, index=False, lineterminator="\n")
