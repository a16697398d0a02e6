"""Steps a bank and prints its decisions: run once compiled and once with NUMBA_DISABLE_JIT=1."""

from __future__ import annotations

import json
from typing import Any

import numba

from streamrnn.detect import Bank, Decisions
from tests.detect.streams import RETRAINING, rough_stream, step_one


def decide() -> Decisions:
    return step_one(Bank(RETRAINING), *rough_stream(4, 220))


if __name__ == "__main__":
    decisions = decide()
    columns: Any = zip(Decisions._fields, decisions, strict=True)
    facts = {name: column.tolist() for name, column in columns}
    print(json.dumps({"compiled": not numba.config.DISABLE_JIT, **facts}))
