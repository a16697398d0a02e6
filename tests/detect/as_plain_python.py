"""Steps a bank and prints its decisions: run once compiled and once with NUMBA_DISABLE_JIT=1."""

from __future__ import annotations

import json
from typing import Any

import numba

from streamrnn.detect import Bank, Decisions
from streamrnn.detect.one_reading import NOT_JUDGED
from tests.detect.streams import QUIET, RETRAINING, rough_stream, step_one


def decide() -> Decisions:
    return step_one(Bank(RETRAINING), *rough_stream(4, 220))


def decide_alone() -> tuple[list[float], list[float]]:
    """Scores of readings one by one, and of the same in a batch."""
    values, times = rough_stream(4, 120)
    bank = Bank(QUIET)
    entry = bank.entry(bank.slot("s"))
    judged = [entry.judge(entry.place, *reading) for reading in zip(values, times, strict=True)]
    assert all(outcome != NOT_JUDGED for outcome, *_ in judged)
    return [score for _, score, *_ in judged], step_one(Bank(QUIET), values, times).score.tolist()


if __name__ == "__main__":
    decisions = decide()
    columns: Any = zip(Decisions._fields, decisions, strict=True)
    facts = {name: column.tolist() for name, column in columns}
    print(json.dumps({"compiled": not numba.config.DISABLE_JIT, "alone": decide_alone(), **facts}))
